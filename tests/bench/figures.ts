/** Durations of one load; sorted when asked. */
export class Latencies {
  readonly #values: Float64Array;
  #count = 0;
  #isSorted = true;

  /** Room for at most `capacity` durations. */
  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  /** Adds one, in milliseconds. */
  add(durationMs: number): void {
    this.#values[this.#count++] = durationMs;
    this.#isSorted = false;
  }

  /** The duration that so many percent do not exceed; NaN if there is none. */
  percentile(percent: number): number {
    const values = this.#values.subarray(0, this.#count);
    if (!this.#isSorted) values.sort();
    this.#isSorted = true;
    const at = Math.ceil(values.length * percent / 100) - 1;
    return values[Math.max(0, at)] ?? NaN;
  }
}

/** Middle of the values; NaN if there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1
    ? sorted[half]!
    : (sorted[half - 1]! + sorted[half]!) / 2;
}
