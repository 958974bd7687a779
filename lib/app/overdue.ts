import type { Clock } from "../base/mod.ts";

/** What a loop does at one moment. */
export interface Doing {
  /** What it is at: anything that changes whenever the loop moves. */
  readonly at: unknown;
  /** How long it may be at it, in milliseconds; `Infinity`: as long as it likes. */
  readonly limitMs: number;
}

/**
 * Watches a loop from outside, which costs the loop nothing.
 *
 * @param look What the loop does now.
 * @returns For `Health.heartbeat`: 1 while it has been at the same for longer
 *   than it may be, as seen by looks at it, else 0.
 */
export function overdue(clock: Clock, look: () => Doing): () => number {
  let at: unknown;
  let sinceMs = 0;
  return () => {
    const nowMs = clock.monotonic();
    const now = look();
    if (now.at !== at) {
      at = now.at;
      sinceMs = nowMs;
    }
    return nowMs - sinceMs >= now.limitMs ? 1 : 0;
  };
}
