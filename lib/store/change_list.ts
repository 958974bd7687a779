import type { Connection } from "./driver.ts";
import { TOMBSTONE_COLUMNS } from "./row.ts";
import type { Change, Tombstone } from "./types.ts";

/** Rows of the table read at a time. */
const CHUNK = 4096;

/**
 * The changes above a revision, in the order of their revisions. There may be
 * a million: only numbers are held, 16 bytes for each, and those outside of
 * the heap of V8, which has no room for so many keys. A key is read when its
 * turn comes; what has changed again by then is passed over, since the later
 * change tells of it.
 */
export class ChangeList implements Iterable<Change> {
  readonly #db: Connection;
  /** Rising, and the rowid of each in the same place. */
  readonly #revisions: Float64Array;
  readonly #rowids: Float64Array;
  readonly #tombstones: readonly Tombstone[];

  /** Reads them. @param above Revision that is not among them any more. */
  constructor(db: Connection, above: number) {
    this.#db = db;
    const [revisions, rowids] = readNumbers(db, above);
    this.#revisions = revisions.toSorted();
    this.#rowids = new Float64Array(rowids.length);
    for (const [i, revision] of revisions.entries()) {
      let at = placeOf(this.#revisions, revision);
      // Rows that were put together from two files may share a revision.
      while (this.#rowids[at]) at++;
      this.#rowids[at] = rowids[i]!;
    }
    this.#tombstones = db.all<Tombstone>(
      `SELECT ${TOMBSTONE_COLUMNS} FROM tombstones WHERE revision > ? ` +
        "ORDER BY revision",
      above,
    );
  }

  /** How many there were when they were read. */
  get length(): number {
    return this.#revisions.length + this.#tombstones.length;
  }

  /** Each that still is one. @throws {StoreError} */
  *[Symbol.iterator](): Generator<Change> {
    let next = 0;
    for (const tombstone of this.#tombstones) {
      next = yield* this.#rows(next, tombstone.revision);
      const { revision } = tombstone;
      yield { kind: "tombstone", revision, tombstone };
    }
    yield* this.#rows(next, Infinity);
  }

  /** The rows from a place on below a revision. @returns Where to go on. */
  *#rows(from: number, below: number): Generator<Change, number> {
    let at = from;
    for (; at < this.#revisions.length; at++) {
      const revision = this.#revisions[at]!;
      if (revision >= below) break;
      const row = this.#db.get<{ key: string }>(
        "SELECT key FROM meta WHERE rowid = ? AND revision = ?",
        this.#rowids[at]!,
        revision,
      );
      if (row) yield { kind: "row", revision, key: row.key };
    }
    return at;
  }
}

/** Revisions and rowids in the order of the table. */
function readNumbers(
  db: Connection,
  above: number,
): readonly [Float64Array, Float64Array] {
  let revisions = new Float64Array(CHUNK);
  let rowids = new Float64Array(CHUNK);
  let count = 0;
  for (let after = -1;;) {
    const rows = db.all<{ at: number; revision: number }>(
      "SELECT rowid AS at, revision FROM meta " +
        "WHERE rowid > ? AND revision > ? ORDER BY rowid LIMIT ?",
      after,
      above,
      CHUNK,
    );
    if (count + rows.length > revisions.length) {
      revisions = grown(revisions);
      rowids = grown(rowids);
    }
    for (const { at, revision } of rows) {
      revisions[count] = revision;
      rowids[count++] = at;
    }
    if (rows.length < CHUNK) break;
    after = rowids[count - 1]!;
  }
  return [revisions.subarray(0, count), rowids.subarray(0, count)];
}

function grown(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const more = new Float64Array(numbers.length * 2);
  more.set(numbers);
  return more;
}

/** The first place of a number that is there. */
function placeOf(rising: Float64Array, number: number): number {
  let [low, high] = [0, rising.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! < number) low = middle + 1;
    else high = middle;
  }
  return low;
}
