import type { Clock, Timer } from "../base/mod.ts";

/** How a wait ended. */
export type PendingEnd = "expired" | "cancelled";

interface Entry<T> {
  readonly value: T;
  /** When it expires, on the monotonic clock. */
  readonly dueMs: number;
  readonly onEnd: (end: PendingEnd) => void;
}

/**
 * What waits for an answer, by the id that the answer will name as its
 * parent. Each entry ends exactly once: taken, expired or cancelled.
 *
 * All entries share one timer, set for the first that expires: a timer each
 * cost 7 % of the time of a message that an agent answers.
 */
export class PendingTable<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #clock: Clock;
  readonly #sizeMax: number;
  #timer: Timer | undefined;
  /** When the timer fires; no entry expires before. */
  #timerDueMs = Infinity;
  /** Whether entries expire in the order in which they were added. */
  #isInOrder = true;
  #lastDueMs = -Infinity;

  /**
   * Makes an empty table.
   *
   * @param sizeMax Most entries at a time; at the bound `add` refuses.
   */
  constructor(clock: Clock, sizeMax: number) {
    this.#clock = clock;
    this.#sizeMax = sizeMax;
  }

  /** Entries waiting. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Starts to wait.
   *
   * @param onEnd Told when the wait ends without an answer.
   * @returns `false` if the table is full or the id already waits.
   */
  add(
    id: string,
    value: T,
    options: { timeoutMs: number; onEnd: (end: PendingEnd) => void },
  ): boolean {
    if (this.#entries.size >= this.#sizeMax || this.#entries.has(id)) {
      return false;
    }
    const dueMs = this.#clock.monotonic() + options.timeoutMs;
    this.#entries.set(id, { value, dueMs, onEnd: options.onEnd });
    if (dueMs < this.#lastDueMs) this.#isInOrder = false;
    this.#lastDueMs = dueMs;
    if (dueMs < this.#timerDueMs) this.#setTimer(dueMs);
    return true;
  }

  /** The value that waits for this id, left waiting. */
  peek(id: string): T | undefined {
    return this.#entries.get(id)?.value;
  }

  /** Ids and values that wait, in order of arrival; safe against changes. */
  entries(): [string, T][] {
    return [...this.#entries].map(([id, entry]) => [id, entry.value]);
  }

  /** Ends the wait with an answer and returns what waited. */
  take(id: string): T | undefined {
    return this.#remove(id)?.value;
  }

  /** Ends one wait without an answer; does nothing if it has ended. */
  cancel(id: string): void {
    this.#remove(id)?.onEnd("cancelled");
  }

  /** Ends every wait without an answer. */
  cancelAll(): void {
    for (const id of [...this.#entries.keys()]) this.cancel(id);
  }

  #remove(id: string): Entry<T> | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    this.#entries.delete(id);
    if (this.#entries.size === 0) this.#clearTimer();
    return entry;
  }

  #expire(): void {
    const nowMs = this.#clock.monotonic();
    const expired: string[] = [];
    let nextMs = Infinity;
    for (const [id, { dueMs }] of this.#entries) {
      if (dueMs <= nowMs) expired.push(id);
      else {
        nextMs = Math.min(nextMs, dueMs);
        if (this.#isInOrder) break;
      }
    }
    this.#timerDueMs = Infinity;
    if (nextMs < Infinity) this.#setTimer(nextMs);
    // One that is told may end others, or add some.
    for (const id of expired) this.#remove(id)?.onEnd("expired");
  }

  #setTimer(dueMs: number): void {
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    this.#timer = this.#clock.after(
      Math.max(0, dueMs - this.#clock.monotonic()),
      () => this.#expire(),
    );
  }

  #clearTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
    this.#lastDueMs = -Infinity;
    this.#isInOrder = true;
  }
}
