import { storeError } from "./classify.ts";
import { copyTables, damaged } from "./copy_tables.ts";
import type { Connection } from "./driver.ts";
import { FILE_MODE, filesOf, type StoreEnv } from "./env.ts";
import { putInPlace, removeDatabase } from "./repair.ts";
import { openDatabase } from "./schema.ts";

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

/** @throws {StoreError} `corrupt` if the source is not what was written. */
function copy(source: Connection, path: string): void {
  const verdict = source.pragma("quick_check(1)");
  if (verdict !== "ok") throw damaged(path, String(verdict));
  const target = openDatabase(path);
  try {
    target.run("BEGIN IMMEDIATE");
    // Nobody can be served meanwhile: all steps at once.
    for (const _ of copyTables(source, target));
    target.run("COMMIT");
    target.all("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    target.close();
  }
}
