import type { Clock } from "../base/mod.ts";
import { checkDatabase, type Progress } from "./check_database.ts";
import { storeError } from "./classify.ts";
import type { Connection } from "./driver.ts";
import { FILE_MODE, filesOf, FOLDER_MODE } from "./env.ts";
import { StoreError } from "./errors.ts";
import { type FileSystem, SystemFileSystem } from "./file_system.ts";
import { StoreLock } from "./lock.ts";
import { readStoreFile } from "./read_file.ts";
import { markLost } from "./repair.ts";
import { folderOf } from "./reserve.ts";
import { openDatabase } from "./schema.ts";
import { readText, writeState } from "./state.ts";

/** How a store is restored. */
export interface RestoreOptions {
  /** Name of this node. */
  readonly node: string;
  /** Time. */
  readonly clock: Clock;
  /** Takes another node's backup as well. @default false */
  readonly force?: boolean;
  /** Told how far it is. */
  readonly onProgress?: Progress;
  /** Files. @default the machine's */
  readonly fs?: FileSystem;
}

/** What a restore came to. */
export interface RestoreReport {
  /** Objects of the backup. */
  readonly objects: number;
  /** Node whose backup it was; empty if it was of none. */
  readonly node: string;
  /** Where the store is that was there; empty if there was none. */
  readonly keptAs: string;
}

/**
 * Puts a backup in the place of the store of a node that is down. What it
 * lacks was acknowledged and never comes by itself again, so it counts as a
 * store that lost something: nothing in it is in sync, agents get everything
 * anew, and the cloud is owed a report of all pods. The store that was there
 * is kept beside it.
 *
 * The new file is complete before it takes the name; a crash on the way leaves
 * the old one, or one that the next start finishes.
 *
 * @throws {StoreError} `locked-by-other` while the node runs; `foreign` if the
 *   file is no backup, or another node's; `corrupt` if it is damaged;
 *   `newer-schema` if a newer program made it. The store stays as it was.
 */
export async function restoreStore(
  path: string,
  source: string,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const { fs = new SystemFileSystem(), force = false, clock } = options;
  const node = await judge(fs, path, source);
  if (node !== "" && node !== options.node && !force) {
    throw new StoreError(
      "foreign",
      `Cannot restore ${source}: it holds the objects of node ${node}, ` +
        `and this is node ${options.node}`,
      { hint: "--force takes them for this node's" },
    );
  }
  fs.makeFolder(folderOf(path), FOLDER_MODE);
  const lock = new StoreLock(filesOf(path).lock);
  const { salvage: part } = filesOf(path);
  let isDone = false;
  try {
    const keptAs = fs.stat(path) ? freeName(fs, path, clock) : "";
    const objects = prepare(path, source, { ...options, fs, keptAs });
    replace(fs, path, keptAs);
    isDone = true;
    return { objects, node, keptAs };
  } catch (error) {
    if (fs.stat(path)) removeFiles(fs, part);
    throw storeError(error, `restore ${path}`);
  } finally {
    lock.release(isDone);
  }
}

/** Looks at a backup without touching it. @returns The node that it is of. */
async function judge(
  fs: FileSystem,
  path: string,
  source: string,
): Promise<string> {
  const [store, backup] = [fs.stat(path), fs.stat(source)];
  if (store && backup && store.dev === backup.dev && store.ino === backup.ino) {
    throw new StoreError(
      "foreign",
      `Cannot restore ${source}: it is the store itself`,
      { hint: "Name a file that metamanager store backup made" },
    );
  }
  return await readStoreFile(source, (db) => readText(db, "node"), {
    what: "backup",
  });
}

/**
 * Makes the new file under the name that a start takes for a finished one.
 *
 * @returns The number of its objects.
 */
function prepare(
  path: string,
  source: string,
  options: RestoreOptions & {
    readonly fs: FileSystem;
    readonly keptAs: string;
  },
): number {
  const { salvage: part } = filesOf(path);
  const { clock, fs, keptAs, node, onProgress } = options;
  removeFiles(fs, part);
  copyWhole(source, part, fs);
  // Brings one of an older program to our schema.
  const db = openDatabase(part);
  try {
    const { objects, problems, badCount } = checkDatabase(db, onProgress);
    if (badCount > 0 || problems.length > 0) {
      throw new StoreError(
        "corrupt",
        `Cannot restore ${source}: it is damaged: ` +
          (problems[0] ?? `${badCount} of ${objects} objects`),
        { hint: "Take another backup" },
      );
    }
    db.run("BEGIN IMMEDIATE");
    if (![node, ""].includes(readText(db, "node"))) forgetNode(db, node);
    const now = new Date(clock.now()).toISOString();
    const kept = keptAs ? `; what was there is kept as ${keptAs}` : "";
    markLost(
      { clock, log: () => {} },
      db,
      `Not in sync since ${now}, ${path} was restored from ${source}: it ` +
        `lacks what came after that backup${kept}`,
    );
    db.run("COMMIT");
    db.all("PRAGMA wal_checkpoint(TRUNCATE)");
    return objects;
  } finally {
    db.close();
    fs.sync(part);
  }
}

/** A backup has no WAL, but a copy made by other means may have one. */
function copyWhole(source: string, part: string, fs: FileSystem): void {
  fs.copy(source, part, FILE_MODE);
  const { wal } = filesOf(source);
  if (fs.stat(wal)) fs.copy(wal, filesOf(part).wal, FILE_MODE);
}

/** What another node reported and had not sent is none of this one's. */
function forgetNode(db: Connection, node: string): void {
  db.run("DELETE FROM outbox");
  db.run("DELETE FROM meta WHERE type IN ('podstatus', 'nodestatus')");
  writeState(db, "node", node);
  writeState(db, "authority", "");
}

function replace(fs: FileSystem, path: string, keptAs: string): void {
  const { wal, shm, salvage: part } = filesOf(path);
  if (keptAs) {
    fs.rename(path, keptAs);
    if (fs.stat(wal)) fs.rename(wal, filesOf(keptAs).wal);
  }
  for (const file of [wal, shm]) fs.remove(file);
  fs.rename(part, path);
  fs.sync(folderOf(path));
}

function removeFiles(fs: FileSystem, path: string): void {
  const { wal, shm } = filesOf(path);
  for (const file of [path, wal, shm]) fs.remove(file);
}

/** A dated name that nothing has. */
function freeName(fs: FileSystem, path: string, clock: Clock): string {
  const stamp = new Date(clock.now()).toISOString().replaceAll(":", "-");
  const name = `${path}.replaced-${stamp}`;
  for (let i = 2;; i++) {
    const free = i === 2 ? name : `${name}-${i}`;
    if (!fs.stat(free)) return free;
  }
}
