/** A source of uniformly distributed numbers in [0, 1). */
export type Random = () => number;

/** A source of fresh message ids: UUID v4, lower case with hyphens. */
export type Ids = () => string;

/** The machine's random numbers. */
export const systemRandom: Random = (): number => Math.random();

/** Random UUIDs of the machine. */
export const systemIds: Ids = (): string => crypto.randomUUID();

/**
 * Numbers that replay from a seed (mulberry32).
 *
 * @param seed Any integer; taken modulo 2^32.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** UUIDs that replay from a source of random numbers. */
export function seededIds(random: Random): Ids {
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16))
      .join("");
  return () =>
    `${hex(8)}-${hex(4)}-4${hex(3)}-${"89ab"[Math.floor(random() * 4)]}${
      hex(3)
    }-${hex(12)}`;
}
