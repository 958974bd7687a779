import type { Connection } from "./driver.ts";

/**
 * Ids of outbox rows, rising over the life of the process even when the
 * outbox runs empty, so that a reader's `afterId` never passes a new row.
 * (`AUTOINCREMENT` would write one page more with each row.)
 */
export class OutboxIds {
  #last: number;

  /** Goes on after the highest id of a file. */
  constructor(db: Connection) {
    this.#last = db.get<{ id: number | null }>(
      "SELECT max(id) AS id FROM outbox",
    )?.id ?? 0;
  }

  /** The next id; one whose insert is undone is not given again. */
  next(): number {
    return ++this.#last;
  }
}
