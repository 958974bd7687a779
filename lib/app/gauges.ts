import type { Clock } from "../base/mod.ts";
import type { EdgedLink } from "../edged/mod.ts";
import type { Edgehub, LinkState } from "../edgehub/mod.ts";
import type { Processor } from "../processor/mod.ts";
import type { Store } from "../store/mod.ts";
import type { Metrics } from "../telemetry/mod.ts";
import { registerAgentFigures } from "./agent_figures.ts";
import { registerStoreGauges } from "./store_gauges.ts";
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
  /** Path of its file. */
  readonly path: string;
  /** Tells the age of what waits. */
  readonly clock: Clock;
}

/** All states of a link, so that each has a sample at all times. */
const LINK_STATES: readonly LinkState["state"][] = [
  "disconnected",
  "dialling",
  "unproven",
  "connected",
];

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
  registerStoreGauges(metrics, sources);
  if (edged) registerAgentFigures(metrics, edged);
  metrics.gauge(
    "metamanager_uplink_bytes",
    "Bytes waiting for the link to the cloud",
    () => edgehub?.load.bufferedBytes ?? 0,
  );
  metrics.gauge(
    "metamanager_agents_attached",
    "Pod agents attached over a socket",
    () => edged?.agents.length ?? 0,
  );
  const linkStates = edgehub ? LINK_STATES : ["standalone"];
  metrics.gaugeFamily("metamanager_cloud_link_state", {
    help: "1 for the state that the link to the cloud is in",
    labels: ["state"],
    read: () => {
      const now = edgehub?.state.state ?? "standalone";
      return linkStates.map((state) => [[state], state === now ? 1 : 0]);
    },
  });
  metrics.gauge(
    "metamanager_cloud_link_state_timestamp_seconds",
    "When the link to the cloud came into its state; 0 in a standalone node",
    () => (edgehub?.state.since ?? 0) / 1000,
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
  metrics.gauge(
    "metamanager_outbox_parked_messages",
    "Messages that the cloud never answered and that are sent no more",
    () => store.outboxParked(),
  );
  metrics.gauge(
    "metamanager_store_revision",
    "Revision of the last change",
    () => store.revision(),
  );
}
