import type { Random } from "./random.ts";

/** Bounds of a backoff. */
export interface BackoffOptions {
  /** Longest wait after the first failure, in milliseconds. */
  readonly baseMs: number;
  /** Longest wait of all, in milliseconds. */
  readonly capMs: number;
}

/**
 * Exponential backoff with full jitter: a wait between 0 and
 * `min(capMs, baseMs * 2^attempt)`, so that many nodes spread out after one
 * outage (failures.md D2).
 *
 * @param attempt Failures in a row before this wait, from 0.
 * @returns Milliseconds.
 */
export function backoffMs(
  attempt: number,
  options: BackoffOptions,
  random: Random,
): number {
  const ceiling = Math.min(
    options.capMs,
    options.baseMs * 2 ** Math.min(attempt, 32),
  );
  return Math.round(random() * ceiling);
}
