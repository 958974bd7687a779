import { LIMITS } from "../base/mod.ts";
import type { Connection } from "./driver.ts";
import type { RunningTime } from "./running_time.ts";
import { readNumber, writeState } from "./state.ts";

/** Deletes between two looks at the bounds. */
const EVERY = 256;
/** Tombstones removed at a time, so that a look stays short. */
const SLICE = 1024;

/** Bounds of the tombstones kept. */
export interface TombstoneLimits {
  /** Most that are kept. */
  readonly countMax: number;
  /** Running time in milliseconds after which one goes. */
  readonly ageMs: number;
}

/**
 * Keeps tombstones within their bounds, a slice at a time within commits
 * that happen anyway, and notes how far they are gone.
 */
export class TombstonePruner {
  readonly #running: RunningTime;
  readonly #limits: TombstoneLimits;
  #written = EVERY;

  /** @param limits Bounds; those of `LIMITS` unless given. */
  constructor(running: RunningTime, limits?: TombstoneLimits) {
    this.#running = running;
    this.#limits = limits ?? {
      countMax: LIMITS.tombstonesMax,
      ageMs: LIMITS.tombstoneAgeMs,
    };
  }

  /** Notes that a tombstone was written. */
  noteWritten(): void {
    this.#written++;
  }

  /** Removes what is beyond the bounds, if it is time; needs a transaction. */
  run(db: Connection): void {
    if (this.#written <= EVERY) return;
    const last = Math.max(this.#beyondCount(db), this.#beyondAge(db));
    if (last > 0) {
      const removed = db.run(
        "DELETE FROM tombstones WHERE revision IN (SELECT revision " +
          "FROM tombstones WHERE revision <= ? ORDER BY revision LIMIT ?)",
        last,
        SLICE,
      );
      const left = db.get<{ revision: number }>(
        "SELECT min(revision) AS revision FROM tombstones " +
          "HAVING min(revision) IS NOT NULL",
      );
      const pruned = Math.min(last, (left?.revision ?? Infinity) - 1);
      if (pruned > readNumber(db, "pruned")) writeState(db, "pruned", pruned);
      if (removed === SLICE) return;
    }
    this.#written = 0;
  }

  /** The newest revision that is one too many; 0 if none is. */
  #beyondCount(db: Connection): number {
    return db.get<{ revision: number }>(
      "SELECT revision FROM tombstones ORDER BY revision DESC " +
        "LIMIT 1 OFFSET ?",
      this.#limits.countMax,
    )?.revision ?? 0;
  }

  /** The newest of the oldest ones that are too old; 0 if none is. */
  #beyondAge(db: Connection): number {
    const youngest = this.#running.nowMs - this.#limits.ageMs;
    const kept = db.get<{ revision: number }>(
      "SELECT revision FROM tombstones WHERE deleted_at >= ? " +
        "ORDER BY revision LIMIT 1",
      youngest,
    );
    if (kept) {
      return db.get<{ revision: number }>(
        "SELECT revision FROM tombstones WHERE revision < ? " +
          "ORDER BY revision DESC LIMIT 1",
        kept.revision,
      )?.revision ?? 0;
    }
    return db.get<{ revision: number }>(
      "SELECT revision FROM tombstones ORDER BY revision DESC LIMIT 1",
    )?.revision ?? 0;
  }
}
