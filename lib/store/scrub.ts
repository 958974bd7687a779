import type { Connection } from "./driver.ts";
import { StoreError } from "./errors.ts";
import { META_COLUMNS, metaFault, type RawMetaRow } from "./row.ts";

/** A stored object that is not what was written. */
export interface BadRow {
  /** Its key. */
  readonly key: string;
  /** What is wrong with it. */
  readonly reason: string;
}

/** What one step of a scrub found. */
export interface ScrubStep {
  /** Objects that are not what was written. */
  readonly bad: readonly BadRow[];
  /** Where to go on; `undefined` once the last object has been read. */
  readonly next: string | undefined;
}

/**
 * Reads some objects in the order of their keys and checks each.
 *
 * @param fromKey Key after which to begin; empty for the first.
 * @param limit Objects to read, 1 or more.
 */
export function scrub(
  db: Connection,
  fromKey: string,
  limit: number,
): ScrubStep {
  const keys = db.all<{ key: string }>(
    "SELECT key FROM meta WHERE key > ? ORDER BY key LIMIT ?",
    fromKey,
    limit,
  );
  const bad: BadRow[] = [];
  for (const { key } of keys) {
    const reason = check(db, key);
    if (reason !== undefined) bad.push({ key, reason });
  }
  return { bad, next: keys.length < limit ? undefined : keys.at(-1)?.key };
}

function check(db: Connection, key: string): string | undefined {
  try {
    const row = db.get<RawMetaRow>(
      `SELECT ${META_COLUMNS}, sum FROM meta WHERE key = ?`,
      key,
    );
    return row ? metaFault(row) : "in the index but not in the table";
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
}
