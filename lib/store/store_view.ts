import type { Connection } from "./driver.ts";
import type { OutboxInfo } from "./outbox_types.ts";
import { META_COLUMNS, OUTBOX_INFO_COLUMNS } from "./row.ts";
import type { MetaRow } from "./meta_types.ts";

/** Rows of one page, whatever their size. */
const PAGE_ROWS_MAX = 250;
/** UTF-16 units of the values of one page, which the last row may pass. */
const PAGE_LENGTH_MAX = 1024 * 1024;
/** Keys of one page: some milliseconds of reading. */
const KEYS_MAX = 1000;

/** Which objects of a type are asked for. */
export interface PageQuery {
  /** Resource type. */
  readonly type: string;
  /** First part of the keys; all if left out. */
  readonly namespace?: string;
  /** Key after which to begin; empty or left out for the first. */
  readonly after?: string;
}

/** Some objects in the order of their keys. */
export interface StoredPage<T> {
  /** The objects; there may be none although `next` names a key. */
  readonly rows: readonly T[];
  /** Where to go on; `undefined` after the last. */
  readonly next: string | undefined;
}

/** Where an object stands, without the object. */
export type KeyRevision = Pick<MetaRow, "key" | "revision">;

/** What lies over the rows of the file, in the memory of the node. */
export interface StoreViewSource {
  /** The file that is open now. */
  readonly db: () => Connection;
  /** The object with what is not written yet. */
  readonly over?: (row: MetaRow) => MetaRow;
  /** The message with what is not written yet. */
  readonly outboxOver?: (row: OutboxInfo) => OutboxInfo;
}

/**
 * What an operator reads of a store, of one that is open and of a file alike:
 * by pages of bounded size, so that no question holds the node up or needs
 * memory for a million objects.
 */
export class StoreView {
  readonly #source: StoreViewSource;

  /**
   * Reads nothing yet.
   *
   * @param source The file, and what lies over it.
   */
  constructor(source: StoreViewSource) {
    this.#source = source;
  }

  /** Types of which there is an object, sorted. @throws {StoreError} */
  types(): string[] {
    const types: string[] = [];
    for (let last = "";;) {
      // One step in the index per type: counting would read all of it.
      const next = this.#source.db().get<{ type: string | null }>(
        "SELECT min(type) AS type FROM meta WHERE type > ?",
        last,
      )?.type;
      if (next === undefined || next === null) return types;
      types.push(next);
      last = next;
    }
  }

  /** The object under a key. @throws {StoreError} */
  get(key: string): MetaRow | undefined {
    const { db, over } = this.#source;
    const row = db().get<MetaRow>(
      `SELECT ${META_COLUMNS} FROM meta WHERE key = ?`,
      key,
    );
    return row && over ? over(row) : row;
  }

  /** Some objects in the order of their keys. @throws {StoreError} */
  page(query: PageQuery): StoredPage<MetaRow> {
    const keys = this.#range<{ key: string }>("key", query, PAGE_ROWS_MAX);
    const rows: MetaRow[] = [];
    let length = 0;
    for (const { key } of keys) {
      const row = this.get(key);
      if (row) rows.push(row);
      length += row?.value.length ?? 0;
      if (length >= PAGE_LENGTH_MAX) return { rows, next: key };
    }
    return { rows, next: nextOf(keys, PAGE_ROWS_MAX) };
  }

  /** Keys and revisions of some objects, in order. @throws {StoreError} */
  keys(query: PageQuery): StoredPage<KeyRevision> {
    const rows = this.#range<KeyRevision>("key, revision", query, KEYS_MAX);
    return { rows, next: nextOf(rows, KEYS_MAX) };
  }

  /** Revision of the object under a key; 0 if there is none. @throws {StoreError} */
  revisionOf(key: string): number {
    return this.#source.db().get<{ revision: number }>(
      "SELECT revision FROM meta WHERE key = ?",
      key,
    )?.revision ?? 0;
  }

  /** Unconfirmed messages, oldest first. @throws {StoreError} */
  outbox(): OutboxInfo[] {
    return this.#outbox("ORDER BY id");
  }

  /** Unconfirmed messages about a resource, oldest first. @throws {StoreError} */
  outboxOf(resource: string): OutboxInfo[] {
    return this.#outbox("WHERE resource = ? ORDER BY id", resource);
  }

  #outbox(rest: string, ...values: string[]): OutboxInfo[] {
    const { db, outboxOver } = this.#source;
    const rows = db().all<OutboxInfo>(
      `SELECT ${OUTBOX_INFO_COLUMNS} FROM outbox ${rest}`,
      ...values,
    );
    return outboxOver ? rows.map(outboxOver) : rows;
  }

  #range<T extends object>(
    columns: string,
    { type, namespace, after = "" }: PageQuery,
    limit: number,
  ): T[] {
    const select = `SELECT ${columns} FROM meta WHERE type = ? AND key > ?`;
    const db = this.#source.db();
    if (namespace === undefined) {
      return db.all<T>(`${select} ORDER BY key LIMIT ?`, type, after, limit);
    }
    // The character after "/" is "0": the range is all keys with the prefix.
    const prefix = `${namespace}/`;
    return db.all<T>(
      `${select} AND key < ? ORDER BY key LIMIT ?`,
      type,
      after > prefix ? after : prefix,
      `${namespace}0`,
      limit,
    );
  }
}

function nextOf(
  rows: readonly { readonly key: string }[],
  limit: number,
): string | undefined {
  return rows.length < limit ? undefined : rows.at(-1)?.key;
}
