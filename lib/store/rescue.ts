import { storeError } from "./classify.ts";
import type { Connection, SqlValue } from "./driver.ts";
import { FILE_MODE, filesOf, type StoreEnv } from "./env.ts";
import { StoreError } from "./errors.ts";
import { putInPlace, removeDatabase } from "./repair.ts";
import { metaFault, type RawMetaRow } from "./row.ts";
import { openDatabase } from "./schema.ts";

/** Rows read at a time. */
const CHUNK = 64;

/**
 * Writes all that an open connection reads into a new file of its name, after
 * the files were deleted or replaced under it: as long as it is open they are
 * there, so nothing that was committed is lost.
 *
 * @param source The connection, closed once the new file has its place.
 * @returns Whether the new file holds everything; if not nothing has changed,
 *   and `rebuild` saves what it can.
 */
export function rescue(env: StoreEnv, source: Connection): boolean {
  const { salvage: part } = filesOf(env.path);
  try {
    removeDatabase(env, part);
    env.fs.create(part, FILE_MODE);
    copy(source, part);
    env.fs.sync(part);
  } catch (error) {
    env.log("warn", storeError(error, `copy ${env.path}`).message);
    return false;
  }
  putInPlace(env, source);
  env.log(
    "warn",
    `The files of ${env.path} were deleted or replaced, ` +
      "all that was in them is in a new one",
  );
  return true;
}

/**
 * Copies every table. SQLite's own ways either take turns of the event loop
 * or attach a database, which the permissions of the binary forbid.
 *
 * @throws {StoreError} `corrupt` if the source is not what was written.
 */
function copy(source: Connection, path: string): void {
  const verdict = source.pragma("quick_check(1)");
  if (verdict !== "ok") throw damaged(path, String(verdict));
  const target = openDatabase(path);
  try {
    target.run("BEGIN IMMEDIATE");
    const tables = source.all<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' " +
        "AND name NOT LIKE 'sqlite_%'",
    );
    for (const { name } of tables) copyTable(source, target, name);
    target.run("COMMIT");
    target.all("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    target.close();
  }
}

function copyTable(source: Connection, target: Connection, name: string): void {
  const select = `SELECT rowid AS at_rowid, * FROM ${name} ` +
    "WHERE rowid > ? ORDER BY rowid LIMIT ?";
  for (let at = -1;;) {
    const rows = source.all<Record<string, SqlValue>>(select, at, CHUNK);
    for (const { at_rowid, ...row } of rows) {
      at = Number(at_rowid);
      const fault = name === "meta"
        ? metaFault(row as unknown as RawMetaRow)
        : undefined;
      if (fault !== undefined) throw damaged(`${row["key"]}`, fault);
      const columns = Object.keys(row);
      target.run(
        `INSERT OR REPLACE INTO ${name} (${columns.join(", ")}) ` +
          `VALUES (${columns.map(() => "?").join(", ")})`,
        ...Object.values(row),
      );
    }
    if (rows.length < CHUNK) return;
  }
}

function damaged(what: string, why: string): StoreError {
  return new StoreError("corrupt", `Cannot copy ${what}: ${why}`);
}
