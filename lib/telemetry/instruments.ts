/** Values of labels, in the order of their names. */
export type LabelValues = readonly string[];

/** A number that only grows. */
export class Counter {
  #value = 0;

  /** The number now. */
  get value(): number {
    return this.#value;
  }

  /** Adds `by`, 0 or more. */
  inc(by = 1): void {
    this.#value += by;
  }
}

/** How often values fell below each bound, with their count and sum. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /**
   * A histogram without values.
   *
   * @param bounds Upper bounds, inclusive and rising; infinity is added.
   * @throws {RangeError} If they do not rise.
   */
  constructor(bounds: readonly number[]) {
    for (let i = 1; i < bounds.length; i++) {
      if ((bounds[i] ?? 0) <= (bounds[i - 1] ?? 0)) {
        throw new RangeError(
          `Cannot create histogram: expected rising bounds: ${bounds.join()}`,
        );
      }
    }
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** Values observed. */
  get count(): number {
    return this.#count;
  }

  /** Their sum. */
  get sum(): number {
    return this.#sum;
  }

  /** Notes one value. */
  observe(value: number): void {
    let i = 0;
    while (i < this.#bounds.length && value > (this.#bounds[i] ?? 0)) i++;
    this.#counts[i] = (this.#counts[i] ?? 0) + 1;
    this.#sum += value;
    this.#count++;
  }

  /** Bounds with the number of values at or below each, infinity last. */
  *cumulative(): IterableIterator<[bound: number, count: number]> {
    let count = 0;
    for (const [i, bound] of [...this.#bounds, Infinity].entries()) {
      count += this.#counts[i] ?? 0;
      yield [bound, count];
    }
  }
}
