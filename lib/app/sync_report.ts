import type { SyncStatus } from "../processor/mod.ts";
import type { HealthState } from "../telemetry/mod.ts";

/** How far a node is in line with the cloud, for its operator. */
export interface SyncReport {
  /** `synced`, `syncing` or `not-synced`. */
  readonly state: SyncStatus["state"];
  /** In words: `syncing 3/10`, `not synced since ...`. */
  readonly text: string;
  /** Since when, ISO 8601. */
  readonly since: string;
  /** Questions of the running or last round that have ended. */
  readonly done: number;
  /** All its questions known so far. */
  readonly total: number;
  /** When everything was last asked for and answered, ISO 8601; empty: never. */
  readonly completed: string;
  /** Why the node is not in sync, and what to do; empty if it is. */
  readonly reason: string;
}

/** Puts the state into words. */
export function syncReport(status: SyncStatus): SyncReport {
  const { state, sinceMs, done, total, completedMs, reason } = status;
  const since = new Date(sinceMs).toISOString();
  const text = {
    "synced": "synced",
    "syncing": `syncing ${done}/${total}`,
    "not-synced": `not synced since ${since}`,
  }[state];
  return {
    state,
    text,
    since,
    done,
    total,
    completed: completedMs > 0 ? new Date(completedMs).toISOString() : "",
    reason,
  };
}

/**
 * What the check `sync` says. A node without its cloud does its job, so only
 * what the cloud did not answer, or cannot bring back, is less than well.
 *
 * @param everSynced Whether the store has ever been in sync.
 */
export function syncHealth(
  status: SyncStatus,
  everSynced: boolean,
): { readonly state: HealthState; readonly reason: string } {
  const { text, reason } = syncReport(status);
  if (reason) return { state: "degraded", reason: `${text}: ${reason}` };
  if (!everSynced) {
    return { state: "degraded", reason: "never been in sync with the cloud" };
  }
  return { state: "ok", reason: status.state === "synced" ? "" : text };
}
