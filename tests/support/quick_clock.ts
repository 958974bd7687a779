import { SystemClock, type Timer } from "../../lib/base/mod.ts";

/**
 * The machine's time, so many times faster, both clocks together; the wall
 * clock can be set. For whole nodes on real sockets.
 */
export class QuickClock extends SystemClock {
  readonly #factor: number;
  readonly #startWallMs = super.now();
  readonly #startMs = super.monotonic();
  /** What the wall clock is wrong by, in milliseconds. */
  wrongByMs = 0;

  /** @param factor Times faster than the machine's. */
  constructor(factor: number) {
    super();
    this.#factor = factor;
  }

  override now(): number {
    return this.#startWallMs + Math.round(this.monotonic()) + this.wrongByMs;
  }

  override monotonic(): number {
    return (super.monotonic() - this.#startMs) * this.#factor;
  }

  override after(delayMs: number, fn: () => void): Timer {
    return super.after(delayMs / this.#factor, fn);
  }
}
