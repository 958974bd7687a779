import { type Clock, sleep } from "../base/mod.ts";
import type { Redial } from "./redial.ts";

/**
 * The wait before the next dial, and who cuts it short: what happens by itself
 * the random part only, a person all of it. After a link that was left on
 * request the part that CloudHub needs is never cut: nothing is won by that.
 */
export class DialWait {
  readonly #clock: Clock;
  #hurried = new AbortController();
  #skipped = new AbortController();
  #isLeaving = false;
  #isOver = false;

  /** Nobody is in a hurry yet. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A dial begins, or has brought a link: what was asked for is done. */
  reset(): void {
    this.#hurried = new AbortController();
    this.#isLeaving = false;
  }

  /** The next wait, or the one under way, has no random part. */
  hurry(): void {
    this.#hurried.abort(new Error("Dial soon"));
  }

  /** A person asks: the wait under way ends now, the next one hurries. */
  skip(): void {
    this.hurry();
    if (!this.#isLeaving) this.#skipped.abort(new Error("Dial now"));
  }

  /**
   * The link is left for another one.
   *
   * @returns `false` if it is already.
   */
  leave(): boolean {
    if (this.#isLeaving) return false;
    this.#isLeaving = true;
    this.hurry();
    return true;
  }

  /** No wait any more. */
  end(): void {
    this.#isOver = true;
    this.hurry();
    this.#skipped.abort(new Error("Link stops"));
  }

  /** Milliseconds that this wait will last if nobody cuts it. */
  lengthMs({ waitMs, leastMs }: Redial): number {
    return this.#hurried.signal.aborted ? leastMs : waitMs;
  }

  /** Waits. */
  async pass({ waitMs, leastMs }: Redial): Promise<void> {
    if (this.#isOver) return;
    // Who asked before this wait did not mean it.
    this.#skipped = new AbortController();
    await this.#pause(leastMs, this.#skipped.signal);
    await this.#pause(waitMs - leastMs, this.#hurried.signal);
  }

  async #pause(waitMs: number, signal: AbortSignal): Promise<void> {
    if (waitMs <= 0) return;
    try {
      await sleep(this.#clock, waitMs, signal);
    } catch (reason) {
      if (!signal.aborted) throw reason;
    }
  }
}
