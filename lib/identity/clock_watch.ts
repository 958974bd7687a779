import type { Clock } from "../base/mod.ts";

/** A difference of the clocks from which on the wall clock was set. */
const JUMP_MS = 10_000;

/**
 * Sees when somebody sets the wall clock: what a wrong one forbade may work
 * now (failures.md D8).
 */
export class ClockWatch {
  readonly #clock: Clock;
  /** Wall clock minus monotonic clock at the last look. */
  #offsetMs: number;

  /** Counts from now on. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = this.#offset();
  }

  /**
   * By how many milliseconds the wall clock was set since the last call; 0 if
   * it was not, or by less than 10 s.
   */
  setByMs(): number {
    const offsetMs = this.#offset();
    const byMs = Math.round(offsetMs - this.#offsetMs);
    this.#offsetMs = offsetMs;
    return Math.abs(byMs) >= JUMP_MS ? byMs : 0;
  }

  #offset(): number {
    return this.#clock.now() - this.#clock.monotonic();
  }
}
