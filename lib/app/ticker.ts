import type { Clock, Timer } from "../base/mod.ts";

/**
 * One timer for all who wait for the same beat; none is set while nobody
 * waits.
 */
export class Ticker {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #waiting = new Set<() => void>();
  #timer: Timer | undefined;

  /** @param intervalMs Longest wait for a beat, in milliseconds. */
  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Settles with the next beat, or once the signal is aborted. */
  next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => {
      signal.removeEventListener("abort", wake);
      this.#waiting.delete(wake);
      if (this.#waiting.size === 0) this.#stop();
      resolve();
    };
    signal.addEventListener("abort", wake);
    this.#waiting.add(wake);
    this.#timer ??= this.#clock.after(this.#intervalMs, () => this.beat());
    return promise;
  }

  /** The beat, now. */
  beat(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
