import type { Clock, Timer } from "../base/mod.ts";

/** Time between two looks at something that is busy, in milliseconds. */
const LOOK_MS = 1000;

/** What an {@link IdleTimer} waits for. */
export interface IdleTimerOptions {
  /** Time. */
  readonly clock: Clock;
  /** Least wait in milliseconds. */
  readonly afterMs: number;
  /** Whether nothing is under way. */
  readonly isIdle: () => boolean;
  /** Told once. */
  readonly onIdle: () => void;
}

/** Tells once, after a while, of the first moment in which nothing is under way. */
export class IdleTimer {
  readonly #options: IdleTimerOptions;
  #timer: Timer;

  /** Starts to wait. */
  constructor(options: IdleTimerOptions) {
    this.#options = options;
    this.#timer = this.#after(options.afterMs);
  }

  /** Ends the wait. */
  cancel(): void {
    this.#timer.cancel();
  }

  #after(delayMs: number): Timer {
    const { clock, isIdle, onIdle } = this.#options;
    return clock.after(delayMs, () => {
      if (isIdle()) onIdle();
      else this.#timer = this.#after(LOOK_MS);
    });
  }
}
