import { setImmediate } from "node:timers";
import type { Clock, Timer } from "../../lib/base/mod.ts";

interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that moves only when told to; wall and monotonic clock go together. */
export class VirtualClock implements Clock {
  #nowMs = Date.parse("2026-06-01T00:00:00Z");
  #startMs = this.#nowMs;
  #order = 0;
  readonly #timers = new Set<Scheduled>();

  /** Wall clock in milliseconds. */
  now(): number {
    return this.#nowMs;
  }

  /** Milliseconds since the clock was made. */
  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Sets a timer. */
  after(delayMs: number, run: () => void): Timer {
    const timer = {
      atMs: this.#nowMs + delayMs,
      order: this.#order++,
      run,
    };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Runs with the next `settle` or `advance`. */
  defer(run: () => void, _isPressed?: boolean): Timer {
    return this.after(0, run);
  }

  /** Moves time on, running what is due in order, promises in between. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      await flushPromises();
      const next = this.#next();
      if (!next || next.atMs > untilMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
  }

  /** Runs what is due now, promises included. */
  settle(): Promise<void> {
    return this.advance(0);
  }

  #next(): Scheduled | undefined {
    let first: Scheduled | undefined;
    for (const timer of this.#timers) {
      const earlier = !first || timer.atMs < first.atMs ||
        (timer.atMs === first.atMs && timer.order < first.order);
      if (earlier) first = timer;
    }
    return first;
  }
}

/** Lets every promise that can settle without a timer do so. */
function flushPromises(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
