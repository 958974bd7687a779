import type { Clock } from "../base/mod.ts";
import type { Connection } from "./driver.ts";

/** A count that takes longer, in milliseconds, is kept for a while. */
const QUICK_MS = 5;
/** A count may take this part of the time: the loop stands still for it. */
const SHARE = 100;

/**
 * Counts the objects by type. That of a million takes 0.1 s, while nothing
 * else runs, so a count that was slow is repeated only once a hundred times as
 * long has passed; one that is quick is always exact.
 */
export class ObjectCounts {
  readonly #clock: Clock;
  #counts: Readonly<Record<string, number>> = {};
  /** Revision that was counted at; -1 before the first count. */
  #revision = -1;
  #countedMs = 0;
  #tookMs = 0;

  /** Counts nothing yet. @param clock Measures how long it takes. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Objects by type. @param revision That of the last change. */
  read(db: Connection, revision: number): Readonly<Record<string, number>> {
    const startedMs = this.#clock.monotonic();
    const isSlow = this.#tookMs > QUICK_MS;
    const isYoung = startedMs - this.#countedMs < this.#tookMs * SHARE;
    if (this.#revision >= 0 && isSlow) {
      if (isYoung || revision === this.#revision) return this.#counts;
    }
    const counts: Record<string, number> = {};
    const types = db.all<{ type: string; n: number }>(
      "SELECT type, count(*) AS n FROM meta GROUP BY type",
    );
    for (const { type, n } of types) counts[type] = n;
    this.#counts = counts;
    this.#revision = revision;
    this.#countedMs = this.#clock.monotonic();
    this.#tookMs = this.#countedMs - startedMs;
    return counts;
  }
}
