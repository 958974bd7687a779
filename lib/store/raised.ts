import { LIMITS } from "../base/mod.ts";
import type { Connection } from "./driver.ts";
import { META_COLUMNS, rowSum } from "./row.ts";
import type { MetaRow } from "./meta_types.ts";

interface Raised {
  readonly version: string;
  readonly value: string;
}

/** UTF-16 units of values held before they are written with any commit. */
const LENGTH_MAX = 1024 * 1024;

/**
 * Versions that were raised without other change. They lie over the rows of
 * the file until a commit that happens anyway takes them along: a node that
 * hears the same object again writes nothing.
 *
 * Every change is logged until the commit, so that a message or a batch can
 * be undone.
 */
export class RaisedVersions {
  readonly #raised = new Map<string, Raised>();
  #undo: (readonly [key: string, before: Raised | undefined])[] = [];
  #length = 0;

  /** Whether they have to be written now, alone if need be. */
  get isFull(): boolean {
    return this.#raised.size >= LIMITS.raisedVersionsMax ||
      this.#length >= LENGTH_MAX;
  }

  /** Versions that wait. */
  get size(): number {
    return this.#raised.size;
  }

  /** The mark to which `undo` goes back. */
  get mark(): number {
    return this.#undo.length;
  }

  /** Raises a version. */
  set(key: string, raised: Raised): void {
    this.#change(key, raised);
  }

  /** Forgets a key whose row was replaced or removed. */
  delete(key: string): void {
    if (this.#raised.has(key)) this.#change(key, undefined);
  }

  /** The row as it is with its raised version. */
  over(row: MetaRow): MetaRow {
    const raised = this.#raised.get(row.key);
    return raised ? { ...row, ...raised } : row;
  }

  /** Undoes what came after a mark. */
  undo(mark: number): void {
    for (const [key, before] of this.#undo.splice(mark).reverse()) {
      this.#put(key, before);
    }
  }

  /** Writes all into the open transaction; they go with `commit`. */
  write(db: Connection): void {
    for (const key of this.#raised.keys()) {
      const stored = db.get<MetaRow>(
        `SELECT ${META_COLUMNS} FROM meta WHERE key = ?`,
        key,
      );
      if (!stored) continue;
      const row = this.over(stored);
      db.run(
        "UPDATE meta SET version = ?, value = ?, sum = ? WHERE key = ?",
        row.version,
        row.value,
        rowSum(row),
        key,
      );
    }
  }

  /** Notes how a transaction ended well: `written` if `write` was part of it. */
  commit(written: boolean): void {
    if (this.#undo.length > 0) this.#undo = [];
    // To clear a map costs a new table each time, also if it is empty.
    if (!written || this.#raised.size === 0) return;
    this.#raised.clear();
    this.#length = 0;
  }

  #change(key: string, raised: Raised | undefined): void {
    this.#undo.push([key, this.#raised.get(key)]);
    this.#put(key, raised);
  }

  #put(key: string, raised: Raised | undefined): void {
    this.#length += (raised?.value.length ?? 0) -
      (this.#raised.get(key)?.value.length ?? 0);
    if (raised) this.#raised.set(key, raised);
    else this.#raised.delete(key);
  }
}
