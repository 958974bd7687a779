/** A second bound of a {@link BoundedQueue}: on the sizes of its items. */
export interface SizeBound<T> {
  /** Size of an item, 0 or more; the same each time it is asked for. */
  readonly sizeOf: (item: T) => number;
  /** Sum of sizes from which on nothing is taken, 1 or more. */
  readonly sizeMax: number;
}

/**
 * A first-in first-out queue with a bound.
 *
 * Invariants: `length` never exceeds the bound; `size` exceeds its own by less
 * than the last item, so that one of any size gets through; what `push` accepted comes
 * out once and in order; nothing is dropped. What happens at the bound is the
 * producer's business: `push` says `false`, and `room()` tells when to go on.
 * A producer that can wait may ask for room earlier, see `roomMax`.
 */
export class BoundedQueue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  #waiting: PromiseWithResolvers<void> | undefined;
  readonly #capacity: number;
  readonly #bound: SizeBound<T> | undefined;
  readonly #roomMax: number;
  #size = 0;

  /**
   * Makes an empty queue.
   *
   * @param capacity Most items held at a time, 1 or more.
   * @param roomMax Items from which on `room()` says to wait, 1 to `capacity`.
   */
  constructor(capacity: number, bound?: SizeBound<T>, roomMax = capacity) {
    this.#capacity = capacity;
    this.#bound = bound;
    this.#roomMax = roomMax;
  }

  /** Items waiting. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Sum of the sizes of what waits; 0 without a {@link SizeBound}. */
  get size(): number {
    return this.#size;
  }

  /** Most items held at a time. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Whether `push` would refuse. */
  get isFull(): boolean {
    if (this.length >= this.#capacity) return true;
    return this.#bound !== undefined && this.#size >= this.#bound.sizeMax;
  }

  /** Whether `room()` would not say to wait. */
  get hasRoom(): boolean {
    return this.length < this.#roomMax && !this.isFull;
  }

  /** Adds an item at the end; `false` if the queue is full. */
  push(item: T): boolean {
    if (this.isFull) return false;
    this.#items.push(item);
    this.#size += this.#sizeOf(item);
    return true;
  }

  /** Takes the oldest item, or `undefined` when empty. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head] as T;
    this.#items[this.#head++] = undefined;
    this.#size -= this.#sizeOf(item);
    this.#compact();
    return item;
  }

  /** The oldest item, left where it is. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** Empties the queue and returns what was in it, in order. */
  clear(): T[] {
    const rest = this.#items.slice(this.#head) as T[];
    this.#items = [];
    this.#head = 0;
    this.#size = 0;
    this.#release();
    return rest;
  }

  /** A promise that settles once there is room; `undefined` if there is now. */
  room(): Promise<void> | undefined {
    if (this.hasRoom) return undefined;
    this.#waiting ??= Promise.withResolvers<void>();
    return this.#waiting.promise;
  }

  #sizeOf(item: T): number {
    return this.#bound?.sizeOf(item) ?? 0;
  }

  #compact(): void {
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.#release();
  }

  #release(): void {
    if (this.#waiting && this.hasRoom) {
      this.#waiting.resolve();
      this.#waiting = undefined;
    }
  }
}
