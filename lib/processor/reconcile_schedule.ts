import { backoffMs, type Clock, type Random, type Timer } from "../base/mod.ts";

/** When the node asks anew. */
export interface ReconcileTiming {
  /** A round begins at a random time within this after a connect, in milliseconds. */
  readonly delayMs: number;
  /** Time between rounds on one connection, in milliseconds; 0 for none. */
  readonly intervalMs: number;
}

/** What {@link ReconcileSchedule} needs from outside. */
export interface ReconcileScheduleOptions {
  /** Measures the waits. */
  readonly clock: Clock;
  /** Spreads the rounds of many nodes. */
  readonly random: Random;
  /** How long the waits are. */
  readonly reconcile: ReconcileTiming;
  /** Begins a round; forced, it also asks for what the cloud vouched for. */
  readonly begin: (force: boolean) => void;
}

/** Bounds of the wait after a round that was not answered in full. */
const RETRY = { baseMs: 60_000, capMs: 3_600_000 };

/**
 * Says when the next round begins: soon after a connect, soon after something
 * that calls for one, later and later after failures, else once an interval,
 * which a round in between does not put off.
 */
export class ReconcileSchedule {
  readonly #options: ReconcileScheduleOptions;
  #timer: Timer | undefined;
  /** When the timer fires, by the monotonic clock. */
  #dueMs = Infinity;
  /** When the next forced round is due; 0 before the first round has ended. */
  #forcedMs = 0;
  /** Rounds in a row that were not answered in full. */
  #failures = 0;

  /** Begins nothing by itself. */
  constructor(options: ReconcileScheduleOptions) {
    this.#options = options;
  }

  /** Something calls for a round: soon, unless the last one failed and waits. */
  calledFor(): void {
    if (this.#failures === 0) this.soon();
  }

  /** A round is to begin within the time of a connect, if none is due sooner. */
  soon(): void {
    const { clock, random, reconcile, begin } = this.#options;
    const delayMs = random() * reconcile.delayMs;
    if (clock.monotonic() + delayMs >= this.#dueMs) return;
    this.later(delayMs, () => begin(false));
  }

  /**
   * A round has ended. After a complete one the next is due in an interval;
   * one that failed is tried again as it was, or what it asked for in vain
   * would count as asked.
   */
  ended({ complete, force }: { complete: boolean; force: boolean }): void {
    const { clock, random, reconcile, begin } = this.#options;
    this.#failures = complete ? 0 : this.#failures + 1;
    if (!complete) {
      const backoff = backoffMs(this.#failures - 1, RETRY, random);
      return this.later(RETRY.baseMs / 2 + backoff, () => begin(force));
    }
    const nowMs = clock.monotonic();
    if (force || this.#forcedMs === 0) {
      this.#forcedMs = nowMs + reconcile.intervalMs * (0.9 + 0.2 * random());
    }
    if (reconcile.intervalMs === 0) return this.pause();
    this.later(Math.max(0, this.#forcedMs - nowMs), () => begin(true));
  }

  /** Does something else instead, later. */
  later(delayMs: number, run: () => void): void {
    this.#timer?.cancel();
    this.#dueMs = this.#options.clock.monotonic() + delayMs;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#dueMs = Infinity;
      run();
    });
  }

  /** Nothing is due any more. */
  pause(): void {
    this.#timer?.cancel();
    this.#dueMs = Infinity;
  }

  /** Nothing is due, and what follows is a connection of its own. */
  reset(): void {
    this.pause();
    this.#forcedMs = 0;
  }
}
