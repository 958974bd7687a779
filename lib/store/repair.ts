import { storeError } from "./classify.ts";
import { Connection } from "./driver.ts";
import { FILE_MODE, filesOf, type StoreEnv } from "./env.ts";
import { StoreError } from "./errors.ts";
import { folderOf } from "./reserve.ts";
import { salvage, type Salvaged } from "./salvage.ts";
import { openDatabase } from "./schema.ts";
import { readNumber, readText, writeState } from "./state.ts";

/** Damaged files kept; older ones are removed, they are as large as the store. */
const ASIDE_MAX = 2;
/** Least jump of the revision when it is not known which were given. */
const REVISION_JUMP = 1_000_000;

/**
 * Replaces a file that is damaged, gone or empty by the best that can be
 * had: the newest snapshot, and over it every true row that can be read. The
 * new file is complete before it takes the name, so a crash on the way only
 * starts this again; the old one is kept under a dated name.
 *
 * @param cause Why, as the end of a sentence: "was damaged: ...".
 * @param source An open connection to the old file, closed here; without
 *   one the file is opened.
 * @throws {StoreError} If there is no room or no right to write.
 */
export function rebuild(
  env: StoreEnv,
  cause: string,
  source: Connection | undefined,
): void {
  try {
    replace(env, cause, source);
  } catch (error) {
    if (storeError(error, "rebuild").kind !== "full") throw error;
    env.reserve.spend();
    replace(env, cause, source);
  }
}

/**
 * Puts a finished replacement in its place, if a crash came between the two
 * renames of `rebuild`, and removes an unfinished one.
 */
export function finishRebuild(env: StoreEnv): void {
  const { salvage: part, wal, shm } = filesOf(env.path);
  if (!env.fs.stat(part)) return;
  if (!env.fs.stat(env.path) && isFinished(env, part)) {
    // The old file's, if it has its dated name and they have not: SQLite would
    // play them into the new one.
    for (const file of [wal, shm]) env.fs.remove(file);
    env.fs.rename(part, env.path);
    env.fs.sync(folderOf(env.path));
    return;
  }
  removeDatabase(env, part);
}

function replace(
  env: StoreEnv,
  cause: string,
  source: Connection | undefined,
): void {
  const { salvage: part } = filesOf(env.path);
  // The clock goes on: the note and the file must have the same name.
  const aside = asideName(env);
  const base = openBase(env, part);
  const old = source?.isOpen ? source : openOld(env);
  try {
    base.db.run("BEGIN IMMEDIATE");
    const salvaged = old && salvage(old, base.db);
    markLost(env, base.db, describe(env, cause, { base, salvaged, aside }));
    base.db.run("COMMIT");
    base.db.all("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    base.db.close();
  }
  putInPlace(env, old, aside);
}

/** Gives the finished replacement its name; what has it is kept aside. */
export function putInPlace(
  env: StoreEnv,
  old: Connection | undefined,
  aside = asideName(env),
): void {
  // Before the new file has the name: closing removes the WAL of that name.
  closeOld(env, old);
  moveAside(env, aside);
  env.fs.rename(filesOf(env.path).salvage, env.path);
  env.fs.sync(folderOf(env.path));
}

/**
 * Notes in a file that it may lack what was acknowledged: nothing in it
 * counts as in sync, every module gets everything anew, and the cloud is owed
 * a report of all stored pods.
 */
export function markLost(
  env: Pick<StoreEnv, "clock" | "log">,
  db: Connection,
  problem: string,
): void {
  const seen = db.get<{ revision: number | null }>(
    "SELECT max(revision) AS revision FROM (SELECT revision FROM meta " +
      "UNION ALL SELECT revision FROM tombstones)",
  )?.revision ?? 0;
  const known = Math.max(seen, readNumber(db, "revision"));
  // A node gives fewer revisions than milliseconds pass, so the clock is
  // ahead of any that were given and lost.
  const revision = Math.max(known + REVISION_JUMP, env.clock.now());
  db.run("DELETE FROM synced");
  db.run("DELETE FROM positions");
  writeState(db, "revision", revision);
  writeState(db, "pruned", revision);
  writeState(db, "problem", problem);
  writeState(db, "report", revision);
  env.log("error", problem);
}

interface Base {
  readonly db: Connection;
  /** When the snapshot was made that it started from, if it did. */
  readonly snapshotAtMs?: number;
  readonly objects: number;
}

function openBase(env: StoreEnv, part: string): Base {
  removeDatabase(env, part);
  const { snapshot } = filesOf(env.path);
  const info = env.fs.stat(snapshot);
  if (info && info.sizeBytes > 0) {
    try {
      env.fs.copy(snapshot, part, FILE_MODE);
      const db = openChecked(part, info.sizeBytes <= env.checkBytesMax);
      const objects = db.get<{ n: number }>("SELECT count(*) AS n FROM meta");
      return { db, snapshotAtMs: info.modifiedAtMs, objects: objects?.n ?? 0 };
    } catch (error) {
      const failure = storeError(error, `use the snapshot ${snapshot}`);
      if (failure.kind === "full") throw failure;
      env.log("error", failure.message);
      removeDatabase(env, part);
    }
  }
  env.fs.create(part, FILE_MODE);
  return { db: openDatabase(part), objects: 0 };
}

/**
 * Opens a database and reads all of it.
 *
 * @throws {StoreError} `corrupt` if something is wrong with it.
 */
export function openChecked(
  path: string,
  check: boolean,
  open: (path: string) => Connection = openDatabase,
): Connection {
  const db = open(path);
  if (!check) return db;
  try {
    const verdict = db.pragma("quick_check(1)");
    if (verdict === "ok") return db;
    throw new StoreError(
      "corrupt",
      `Cannot trust ${path}, quick_check says: ${
        String(verdict).replaceAll("\n", "; ")
      }`,
    );
  } catch (error) {
    db.close();
    throw error;
  }
}

function openOld(env: StoreEnv): Connection | undefined {
  const info = env.fs.stat(env.path);
  if (!info || info.sizeBytes === 0) return undefined;
  try {
    return new Connection(env.path, { readonly: true });
  } catch (error) {
    env.log("warn", storeError(error, `salvage ${env.path}`).message);
    return undefined;
  }
}

function closeOld(env: StoreEnv, old: Connection | undefined): void {
  try {
    old?.close();
  } catch (error) {
    env.log("warn", storeError(error, `close ${env.path}`).message);
  }
}

function moveAside(env: StoreEnv, aside: string): void {
  const { wal, shm } = filesOf(env.path);
  if (env.fs.stat(env.path)) env.fs.rename(env.path, aside);
  if (env.fs.stat(wal)) env.fs.rename(wal, filesOf(aside).wal);
  env.fs.remove(shm);
  const name = env.path.slice(env.path.lastIndexOf("/") + 1);
  const old = env.fs.list(folderOf(env.path))
    .filter((file) => file.startsWith(`${name}.corrupt-`))
    .filter((file) => !file.endsWith("-wal") && !file.endsWith("-shm"))
    .sort();
  for (const file of old.slice(0, -ASIDE_MAX)) {
    removeDatabase(env, `${folderOf(env.path)}/${file}`);
  }
}

function asideName(env: StoreEnv): string {
  const stamp = new Date(env.clock.now()).toISOString().replaceAll(":", "-");
  return `${env.path}.corrupt-${stamp}`;
}

function describe(
  env: StoreEnv,
  cause: string,
  { base, salvaged, aside }: {
    base: Base;
    salvaged: Salvaged | undefined;
    aside: string;
  },
): string {
  const now = new Date(env.clock.now()).toISOString();
  const snapshot = base.snapshotAtMs === undefined
    ? "there was no snapshot"
    : `${base.objects} were in the snapshot of ${
      new Date(base.snapshotAtMs).toISOString()
    }`;
  const rows = salvaged
    ? `${salvaged.objects} objects salvaged` +
      (salvaged.complete ? " (all)" : "") +
      (salvaged.rejected > 0 ? `, ${salvaged.rejected} not true` : "")
    : "no object salvaged";
  const kept = env.fs.stat(env.path)
    ? `; what was there is kept as ${aside}`
    : "";
  return `Not in sync since ${now}, ${env.path} ${cause}; ` +
    `${rows}, ${snapshot}${kept}`;
}

function isFinished(env: StoreEnv, part: string): boolean {
  try {
    const db = new Connection(part, { readonly: true });
    try {
      return readText(db, "problem") !== "";
    } finally {
      db.close();
    }
  } catch (error) {
    env.log("warn", storeError(error, `use ${part}`).message);
    return false;
  }
}

/** Removes a database file with its WAL. */
export function removeDatabase(env: StoreEnv, path: string): void {
  const { wal, shm } = filesOf(path);
  for (const file of [path, wal, shm]) env.fs.remove(file);
}
