import { backoffMs, type Random } from "../base/mod.ts";

/**
 * Least wait after a link that we gave up or that was short, in milliseconds:
 * dialling while CloudHub still ends the old session can end both (wire
 * document, 2.4).
 */
export const REDIAL_WAIT_MS_MIN = 5000;

/** How the last try ended. */
export interface LastTry {
  /**
   * The dial failed and left nothing at the cloud, the peer closed the link,
   * or we gave it up.
   */
  readonly ended: "not-connected" | "by-peer" | "by-us";
  /** How long the link lasted, in milliseconds; 0 if it never came up. */
  readonly livedMs: number;
  /** Whether the cloud answered on it. @default true */
  readonly isProven?: boolean;
}

/** Bounds of the wait. */
export interface RedialOptions {
  /** Longest wait after the first failure, in milliseconds. */
  readonly baseMs: number;
  /** Longest wait of all; a link that lived and answered longer counts as stable. */
  readonly capMs: number;
}

/** How to decide the wait. */
export interface NextDialOptions extends RedialOptions {
  /** Jitter. */
  readonly random: Random;
  /** Another address is tried, which has not failed yet. @default false */
  readonly isWithinRound?: boolean;
}

/** When to dial next, and how many failures in a row that makes. */
export interface Redial {
  /** Milliseconds to wait. */
  readonly waitMs: number;
  /** Milliseconds of it that CloudHub needs; only a person cuts them. */
  readonly leastMs: number;
  /** Failures in a row, for the next call. */
  readonly failures: number;
}

/**
 * Decides the wait before the next dial: full-jitter backoff that falls back
 * only after a link was stable (failures.md D2), and never under 5 s where
 * the cloud may still hold the old session. Until each of several addresses
 * has failed there is no backoff.
 *
 * @param failures Failures in a row before this one, from 0.
 */
export function nextDial(
  failures: number,
  last: LastTry,
  options: NextDialOptions,
): Redial {
  // A mute cloud holds a link for as long as we let it.
  const stable = last.livedMs >= options.capMs && (last.isProven ?? true);
  const before = stable ? 0 : failures;
  const { isWithinRound = false } = options;
  const jitterMs = isWithinRound
    ? 0
    : backoffMs(before, options, options.random);
  const hurry = last.ended === "not-connected" ||
    (last.ended === "by-peer" && last.livedMs >= REDIAL_WAIT_MS_MIN);
  const leastMs = hurry ? 0 : REDIAL_WAIT_MS_MIN;
  const waitMs = leastMs + jitterMs;
  return { waitMs, leastMs, failures: isWithinRound ? before : before + 1 };
}
