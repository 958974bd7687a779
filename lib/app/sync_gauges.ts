import type { Reconciliation } from "../processor/mod.ts";
import type { Metrics } from "../telemetry/mod.ts";

/** Registers the gauges of how far a node is in line with the cloud. */
export function registerSyncGauges(
  metrics: Metrics,
  reconciler: Reconciliation,
): void {
  metrics.gauge(
    "metamanager_synced",
    "1 while the node is in line with the cloud",
    () => reconciler.status.state === "synced" ? 1 : 0,
  );
  metrics.gauge(
    "metamanager_reconcile_pending",
    "Questions of the running reconciliation that have not ended",
    () => {
      const { state, done, total } = reconciler.status;
      return state === "syncing" ? total - done : 0;
    },
  );
  metrics.gauge(
    "metamanager_reconcile_done",
    "Questions of the running or last reconciliation that have ended",
    () => reconciler.status.done,
  );
  metrics.gauge(
    "metamanager_reconcile_completed_timestamp_seconds",
    "When everything was last asked for and answered; 0: never",
    () => reconciler.status.completedMs / 1000,
  );
}
