import type { Clock, Timer } from "../base/mod.ts";

/** How a wait ended. */
export type PendingEnd = "expired" | "cancelled";

interface Entry<T> {
  readonly value: T;
  readonly timer: Timer;
  readonly onEnd: (end: PendingEnd) => void;
}

/**
 * What waits for an answer, by the id that the answer will name as its
 * parent. Each entry ends exactly once: taken, expired or cancelled.
 */
export class PendingTable<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #clock: Clock;
  readonly #sizeMax: number;

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
    const timer = this.#clock.after(
      options.timeoutMs,
      () => this.#end(id, "expired"),
    );
    this.#entries.set(id, { value, timer, onEnd: options.onEnd });
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
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    this.#entries.delete(id);
    entry.timer.cancel();
    return entry.value;
  }

  /** Ends one wait without an answer; does nothing if it has ended. */
  cancel(id: string): void {
    this.#end(id, "cancelled");
  }

  /** Ends every wait without an answer. */
  cancelAll(): void {
    for (const id of [...this.#entries.keys()]) this.#end(id, "cancelled");
  }

  #end(id: string, end: PendingEnd): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    entry.timer.cancel();
    entry.onEnd(end);
  }
}
