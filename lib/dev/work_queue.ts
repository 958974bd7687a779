import type { Clock, Timer } from "../base/mod.ts";

/** How long a key waits before its next turn. */
export interface WorkQueueOptions {
  /** Wait after the first failure, milliseconds; it doubles with each. */
  readonly baseMs: number;
  /** Longest wait, milliseconds. */
  readonly maxMs: number;
  /** Called when a key has become ready. */
  readonly onReady: () => void;
}

/**
 * Kubernetes' rate-limited work queue (client-go `workqueue`), which CloudHub
 * keeps per node.
 *
 * Invariants: a key is in the queue at most once; a key that is being worked
 * on and added again has its next turn after `done`; keys come out in the
 * order in which they went in.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #options: WorkQueueOptions;
  readonly #ready: string[] = [];
  readonly #dirty = new Set<string>();
  readonly #working = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<Timer, string>();

  /** @param clock Measures the waits. */
  constructor(clock: Clock, options: WorkQueueOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Keys that wait, are worked on, or will come back after a delay. */
  get length(): number {
    return new Set([
      ...this.#dirty,
      ...this.#working,
      ...this.#delayed.values(),
    ]).size;
  }

  /** Adds a key at the end, unless it waits already. */
  add(key: string): void {
    if (this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (this.#working.has(key)) return;
    this.#ready.push(key);
    this.#options.onReady();
  }

  /** Adds a key after a delay that doubles with each failure of the key. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { baseMs, maxMs } = this.#options;
    const timer = this.#clock.after(
      Math.min(maxMs, baseMs * 2 ** Math.min(failures, 32)),
      () => {
        this.#delayed.delete(timer);
        this.add(key);
      },
    );
    this.#delayed.set(timer, key);
  }

  /** Takes the next key to work on. */
  get(): string | undefined {
    const key = this.#ready.shift();
    if (key === undefined) return undefined;
    this.#dirty.delete(key);
    this.#working.add(key);
    return key;
  }

  /** Ends the work on a key. */
  done(key: string): void {
    this.#working.delete(key);
    if (!this.#dirty.has(key)) return;
    this.#ready.push(key);
    this.#options.onReady();
  }

  /** Forgets the failures of a key. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Drops everything and cancels what is delayed. */
  close(): void {
    for (const timer of this.#delayed.keys()) timer.cancel();
    this.#delayed.clear();
    this.#ready.length = 0;
    this.#dirty.clear();
    this.#working.clear();
  }
}
