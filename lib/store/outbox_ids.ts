import type { Connection } from "./driver.ts";

/**
 * Ids of outbox rows, rising over the life of the process even when the
 * outbox runs empty, so that a reader's `afterId` never passes a new row.
 * (`AUTOINCREMENT` would write one page more with each row.)
 */
export class OutboxIds {
  #last: number;

  /**
   * Goes on after the highest id of a file.
   *
   * @param last The last id that was given before, if by this process.
   */
  constructor(db: Connection, last = 0) {
    const highest = db.get<{ id: number | null }>(
      "SELECT max(id) AS id FROM outbox",
    )?.id ?? 0;
    this.#last = Math.max(highest, last);
  }

  /** The last id that was given; 0 if none. */
  get last(): number {
    return this.#last;
  }

  /** The next id; one whose insert is undone is not given again. */
  next(): number {
    return ++this.#last;
  }
}
