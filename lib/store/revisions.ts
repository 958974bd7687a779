import type { Connection } from "./driver.ts";
import { readNumber, readText, writeState } from "./state.ts";

/**
 * Revisions reserved by one write of the file: noting each one would rewrite
 * a page with every commit, finding the last one would scan the table.
 */
const RESERVE = 1024;

/**
 * Counts local revisions. The file holds a ceiling that is never passed
 * without being raised in the same transaction, so that no crash lets a
 * revision be given twice; after a crash the count goes on at the ceiling.
 */
export class Revisions {
  #last: number;
  #ceiling: number;
  #committed: { last: number; ceiling: number };

  /**
   * Reads the ceiling of a file.
   *
   * @param base Where a file begins that has given none.
   */
  constructor(db: Connection, base = 0) {
    this.#ceiling = isNew(db) ? base : readNumber(db, "revision");
    this.#last = this.#ceiling;
    this.#committed = { last: this.#last, ceiling: this.#ceiling };
  }

  /** The revision given last. */
  get last(): number {
    return this.#last;
  }

  /** Gives the next revision; needs an open transaction. */
  next(db: Connection): number {
    if (this.#last + 1 > this.#ceiling) {
      // Revisions up to the base are of other files: nothing is known of them.
      if (isNew(db)) writeState(db, "pruned", this.#last);
      writeState(db, "revision", this.#last + RESERVE);
      this.#ceiling = this.#last + RESERVE;
    }
    return ++this.#last;
  }

  /** Takes back the revisions after `last`, whose writes were undone. */
  undo(last: number): void {
    this.#last = last;
    // The savepoint may hold the write of the ceiling: the next one repeats it.
    this.#ceiling = Math.min(this.#ceiling, this.#committed.ceiling);
  }

  /** Takes back everything since the last commit. */
  rollback(): void {
    this.#last = this.#committed.last;
    this.#ceiling = this.#committed.ceiling;
  }

  /** Notes that what was given is durable. */
  commit(): void {
    this.#committed = { last: this.#last, ceiling: this.#ceiling };
  }

  /** Gives back what was reserved, so that the count goes on without a gap. */
  settle(db: Connection): void {
    if (this.#ceiling === this.#last) return;
    writeState(db, "revision", this.#last);
    this.#ceiling = this.#last;
  }
}

/** Whether a file has never given a revision. */
function isNew(db: Connection): boolean {
  return readText(db, "revision") === "";
}
