/** Counters of the local link since the start, for metrics and health. */
export interface EdgedStats {
  /** Agents attached now. */
  attached: number;
  /** Attachments that succeeded. */
  attachments: number;
  /** Attachments that were refused, by HTTP status. */
  refusals: Record<number, number>;
  /** Older attachments closed because a newer one came (4409). */
  replaced: number;
  /** Agents closed because they read too slowly (1013). */
  cutOff: number;
  /** Agents closed because nothing came from them (1001). */
  silent: number;
  /** Messages received from agents. */
  received: number;
  /** Messages of agents that could not be read; each was answered. */
  faults: number;
  /** Messages queued for agents. */
  queued: number;
}

/** Counters at the start. */
export function newEdgedStats(): EdgedStats {
  return {
    attached: 0,
    attachments: 0,
    refusals: {},
    replaced: 0,
    cutOff: 0,
    silent: 0,
    received: 0,
    faults: 0,
    queued: 0,
  };
}
