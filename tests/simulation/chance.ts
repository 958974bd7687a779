import { type Random, seededRandom } from "../../lib/base/mod.ts";

/** Decisions that replay from a seed. */
export class Chance {
  /** The numbers behind it, uniform in [0, 1). */
  readonly random: Random;

  /** @param salt Keeps streams of one seed apart, so that each may be used by one part. */
  constructor(seed: number, salt: number) {
    this.random = seededRandom(Math.imul(seed, 0x9e3779b1) + salt * 0x85ebca6b);
    this.random();
  }

  /** `true` with a probability. */
  is(probability: number): boolean {
    return this.random() < probability;
  }

  /** A number from `from` up to, not including, `to`. */
  between(from: number, to: number): number {
    return from + this.random() * (to - from);
  }

  /** An integer from 0 up to, not including, `below`. */
  below(below: number): number {
    return Math.floor(this.random() * below);
  }

  /** One of several. */
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}
