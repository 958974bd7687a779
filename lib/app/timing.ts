/** Times that are no configuration, in milliseconds. */
export interface NodeTiming {
  /** How long a connection lasts before the store counts as in sync. */
  readonly syncSettleMs: number;
  /** A reconciliation begins at a random time within this after a connect. */
  readonly reconcileDelayMs: number;
  /** How long the cloud may ignore a new connection. */
  readonly proofTimeoutMs: number;
  /** How long the cloud may say nothing before it is asked something. */
  readonly probeAfterMs: number;
  /** How long a stop may take. */
  readonly stopMs: number;
}

/** The times of a node in the field. */
export const TIMING: NodeTiming = {
  // Twice SyncController's period: what the cloud had has come by then.
  syncSettleMs: 10_000,
  // So that one outage does not bring all nodes back with the same questions.
  reconcileDelayMs: 5000,
  proofTimeoutMs: 30_000,
  // Under 1 KB each time: an idle day costs about 1 MB (failures.md F7).
  probeAfterMs: 60_000,
  stopMs: 4000,
};
