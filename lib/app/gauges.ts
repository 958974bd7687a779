import type { EdgedLink } from "../edged/mod.ts";
import type { Edgehub } from "../edgehub/mod.ts";
import type { Processor } from "../processor/mod.ts";
import type { Store } from "../store/mod.ts";
import type { Metrics } from "../telemetry/mod.ts";
import { registerSyncGauges } from "./sync_gauges.ts";

/** Parts whose state is shown as gauges. */
export interface GaugeSources {
  /** The processor. */
  readonly processor: Processor;
  /** The cloud link, unless the node is standalone. */
  readonly edgehub: Edgehub | undefined;
  /** The local link, if there is one. */
  readonly edged: EdgedLink | undefined;
  /** The store. */
  readonly store: Store;
}

/** Registers the gauges of a node; they are read when asked for. */
export function registerGauges(metrics: Metrics, sources: GaugeSources): void {
  const { processor, edgehub, edged, store } = sources;
  metrics.gauge(
    "metamanager_cloud_connected",
    "1 while the cloud has answered on the present connection",
    () => processor.connected ? 1 : 0,
  );
  metrics.gauge(
    "metamanager_inbox_messages",
    "Messages waiting to be processed",
    () => processor.waiting,
  );
  metrics.gauge(
    "metamanager_requests_waiting",
    "Requests waiting for the cloud",
    () => processor.requestsWaiting,
  );
  registerSyncGauges(metrics, processor.reconciler);
  metrics.gauge(
    "metamanager_uplink_bytes",
    "Bytes waiting for the link to the cloud",
    () => edgehub?.bufferedBytes ?? 0,
  );
  metrics.gauge(
    "metamanager_agents_attached",
    "Pod agents attached over a socket",
    () => edged?.agents.length ?? 0,
  );
  metrics.gauge(
    "metamanager_store_bytes",
    "Bytes of the database and its write-ahead log",
    () => store.stats().bytes,
  );
  metrics.gauge(
    "metamanager_outbox_messages",
    "Messages that the cloud has not confirmed",
    () => store.outboxLength(),
  );
  metrics.gauge(
    "metamanager_outbox_bytes",
    "Bytes of the messages that the cloud has not confirmed",
    () => store.outboxUse().bytes,
  );
  metrics.gaugeFamily("metamanager_outbox_type_messages", {
    help: "Messages that the cloud has not confirmed, by resource type",
    labels: ["type"],
    read: () =>
      Object.entries(store.outboxByType()).map(([type, { rows }]) =>
        [[type], rows] as const
      ),
  });
  metrics.gauge(
    "metamanager_outbox_parked_messages",
    "Messages that the cloud never answered and that are sent no more",
    () => store.outboxParked(),
  );
  metrics.gauge(
    "metamanager_outbox_age_seconds",
    "Age of the oldest message that the cloud has not confirmed",
    () => store.stats().outboxAgeMs / 1000,
  );
  metrics.gauge(
    "metamanager_store_revision",
    "Revision of the last change",
    () => store.revision(),
  );
}
