import type { Connection, SqlValue } from "./driver.ts";
import { StoreError } from "./errors.ts";
import { metaFault, type RawMetaRow } from "./row.ts";

/** Rows read at a time: few, since each may be of a megabyte. */
const CHUNK = 16;
/** Entries of an index counted at a time. */
const COUNTED = 2000;

/**
 * Copies every table into a file of the same schema, in small steps, so that
 * the caller may do something else in between: then the source needs an open
 * transaction, as the target does, to be a picture of one moment. SQLite's own
 * ways either hold the event loop up for the whole file or attach a database,
 * which the permissions of the binary forbid.
 *
 * @returns Steps; the copy is done when there is no further one.
 * @throws {StoreError} `corrupt` if the source is not what was written: a row
 *   is not that of its checksum, or the keys are others than the rows.
 */
export function* copyTables(
  source: Connection,
  target: Connection,
): Generator<void, void> {
  const tables = source.all<{ name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' " +
      "AND name NOT LIKE 'sqlite_%'",
  );
  for (const { name } of tables) {
    const copied = yield* copyTable(source, target, name);
    if (name !== "meta") continue;
    const keys = yield* countKeys(source);
    if (keys === copied) continue;
    throw damaged(target.path, `${copied} objects have ${keys} keys`);
  }
}

/** What cannot be copied, and why. */
export function damaged(what: string, why: string): StoreError {
  return new StoreError("corrupt", `Cannot copy ${what}: ${why}`);
}

function* copyTable(
  source: Connection,
  target: Connection,
  name: string,
): Generator<void, number> {
  const select = `SELECT rowid AS at_rowid, * FROM ${name} ` +
    "WHERE rowid > ? ORDER BY rowid LIMIT ?";
  let copied = 0;
  let insert = "";
  for (let at = -1;;) {
    const rows = source.all<Record<string, SqlValue>>(select, at, CHUNK);
    for (const { at_rowid, ...row } of rows) {
      at = Number(at_rowid);
      const fault = name === "meta"
        ? metaFault(row as unknown as RawMetaRow)
        : undefined;
      if (fault !== undefined) throw damaged(`${row["key"]}`, fault);
      insert ||= insertInto(name, Object.keys(row));
      target.run(insert, ...Object.values(row));
    }
    copied += rows.length;
    if (rows.length < CHUNK) return copied;
    yield;
  }
}

function insertInto(name: string, columns: readonly string[]): string {
  return `INSERT OR REPLACE INTO ${name} (${columns.join(", ")}) ` +
    `VALUES (${columns.map(() => "?").join(", ")})`;
}

/** By the index: a page that the table has lost is missed by nobody else. */
function* countKeys(source: Connection): Generator<void, number> {
  const count = "SELECT max(key) AS last, count(*) AS n FROM " +
    "(SELECT key FROM meta WHERE key > ? ORDER BY key LIMIT ?)";
  let counted = 0;
  for (let after = "";;) {
    const part = source.get<{ last: string | null; n: number }>(
      count,
      after,
      COUNTED,
    );
    counted += part?.n ?? 0;
    if (!part || part.last === null || part.n < COUNTED) return counted;
    after = part.last;
    yield;
  }
}
