import type { Clock } from "../base/mod.ts";
import type { EdgehubObserver } from "../edgehub/mod.ts";
import type { ProcessorObserver } from "../processor/mod.ts";
import {
  errorText,
  type Health,
  type Logger,
  type Metrics,
} from "../telemetry/mod.ts";

/** Names of the health checks. */
export const Check = {
  link: "cloud link",
  store: "store",
  sync: "sync",
} as const;

/** What the observers write to. */
export interface ObserverParts {
  /** Logger of the node. */
  readonly log: Logger;
  /** Figures. */
  readonly metrics: Metrics;
  /** Checks. */
  readonly health: Health;
  /** Time. */
  readonly clock: Clock;
}

/** Batch sizes that the histogram tells apart. */
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/** Commit times that the histogram tells apart, in seconds. */
const COMMIT_BUCKETS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1];

/** Turns what the processor tells into log lines, figures and health. */
export function processorObserver(parts: ObserverParts): ProcessorObserver {
  const { metrics, health } = parts;
  const log = parts.log.child("processor");
  const processed = metrics.counterFamily(
    "metamanager_messages_processed_total",
    "Messages processed, by operation, origin and outcome",
    ["operation", "origin", "outcome"],
  );
  const faults = metrics.counterFamily(
    "metamanager_message_faults_total",
    "Messages that can never succeed, by kind and origin",
    ["kind", "origin"],
  );
  const noted = metrics.counterFamily(
    "metamanager_results_total",
    "Results that are counted apart",
    ["result"],
  );
  const failures = metrics.counter(
    "metamanager_store_failures_total",
    "Messages or batches that the store failed, to be repeated",
  );
  const refused = metrics.counter(
    "metamanager_outbox_refused_total",
    "Messages of the outbox that the cloud refused",
  );
  const late = metrics.counter(
    "metamanager_agent_deadlines_missed_total",
    "Changes that an agent did not answer in time",
  );
  const undelivered = metrics.counterFamily(
    "metamanager_undelivered_total",
    "Messages whose receiver was not there or full, by receiver",
    ["receiver"],
  );
  const batch = metrics.histogram(
    "metamanager_batch_messages",
    "Messages of one transaction",
    BATCH_BUCKETS,
  );
  const commit = metrics.histogram(
    "metamanager_commit_seconds",
    "Time of COMMIT",
    COMMIT_BUCKETS,
  );
  return {
    processed: ({ operation, origin, outcome }) =>
      processed.with(operation, origin, outcome).inc(),
    committed: ({ messages, commitMs }) => {
      batch.observe(messages);
      commit.observe(commitMs / 1000);
    },
    fault: (fault, origin) => {
      faults.with(fault.kind, origin).inc();
      log.warn("message refused", {
        kind: fault.kind,
        reason: fault.text,
        resource: fault.resource,
        operation: fault.operation,
        msgId: fault.msgId,
        ...(fault.cause ? { error: errorText(fault.cause) } : {}),
      });
    },
    failed: (error, messages) => {
      failures.inc();
      health.set(Check.store, "failed", errorText(error));
      log.error("not stored", { messages, error: errorText(error) });
    },
    recovered: () => {
      health.set(Check.store, "ok");
      log.info("storing again");
    },
    noted: (what, resource) => {
      noted.with(what).inc();
      if (what === "damaged-row") log.error("stored row damaged", { resource });
    },
    refused: (resource, reason) => {
      refused.inc();
      log.warn("cloud refused a report", { resource, reason });
    },
    agentLate: (module, resource) => {
      late.inc();
      log.warn("agent did not answer in time", { module, resource });
    },
    undelivered: (to) => undelivered.with(to).inc(),
  };
}

/** Turns what the cloud link tells into log lines, figures and health. */
export function edgehubObserver(parts: ObserverParts): EdgehubObserver {
  const { metrics, health } = parts;
  const log = parts.log.child("edgehub");
  const connects = metrics.counter(
    "metamanager_cloud_connects_total",
    "Connections on which the cloud answered",
  );
  const downs = metrics.counterFamily(
    "metamanager_cloud_link_failures_total",
    "Dials that failed and links that ended, by reason",
    ["reason"],
  );
  const faults = metrics.counterFamily(
    "metamanager_cloud_frame_faults_total",
    "Frames from the cloud that were refused, by kind",
    ["kind"],
  );
  health.set(Check.link, "degraded", "not connected yet");
  return {
    dialling: (url) => log.debug("dialling", { url }),
    connected: ({ url, certificateNotAfterMs }) => {
      connects.inc();
      health.set(Check.link, "ok", url);
      log.info("connected", {
        url,
        ...(certificateNotAfterMs
          ? { certificateUntil: new Date(certificateNotAfterMs).toISOString() }
          : {}),
      });
    },
    down: ({ error, livedMs, waitMs }) => {
      downs.with(error.kind).inc();
      health.set(Check.link, "degraded", error.message);
      log.warn("link down", {
        error: error.message,
        hint: error.hint,
        livedMs: Math.round(livedMs),
        nextDialMs: waitMs,
      });
    },
    fault: (fault) => {
      faults.with(fault.kind).inc();
      log.warn("frame refused", {
        kind: fault.kind,
        reason: fault.text,
        resource: fault.resource,
        msgId: fault.msgId,
      });
    },
    broken: (error) => {
      health.set(Check.link, "failed", errorText(error));
      log.error("dial loop ended", { error: errorText(error) });
    },
  };
}
