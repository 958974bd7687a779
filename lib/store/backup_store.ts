import { type Clock, SystemClock, systemIds } from "../base/mod.ts";
import {
  checkDatabase,
  type CheckReport,
  type Progress,
} from "./check_database.ts";
import { storeError } from "./classify.ts";
import { Connection } from "./driver.ts";
import { FILE_MODE, filesOf } from "./env.ts";
import { StoreError } from "./errors.ts";
import { type FileSystem, SystemFileSystem } from "./file_system.ts";
import { removeLeft } from "./left_behind.ts";
import { readStoreFile } from "./read_file.ts";
import { folderOf } from "./reserve.ts";

/** How a backup is made. */
export interface BackupOptions {
  /** Replaces a file that is there. @default false */
  readonly force?: boolean;
  /** Told how far it is. */
  readonly onProgress?: Progress;
  /** Files. @default the machine's */
  readonly fs?: FileSystem;
  /** Says what is old. @default the machine's */
  readonly clock?: Clock;
}

/** What a backup came to. */
export interface BackupReport {
  /** Length of the file in bytes. */
  readonly bytes: number;
  /** Objects in it. */
  readonly objects: number;
}

/**
 * Copies a store into one file, of a node that runs as well: a picture of one
 * moment, which holds up neither its commits nor its links. The copy is
 * checked whole and on the disk before it has its name; mode 0600.
 *
 * @param path Path of the store.
 * @param target Path of the backup.
 * @throws {StoreError} If it cannot be made; what had the name stays then.
 */
export async function backupStore(
  path: string,
  target: string,
  options: BackupOptions = {},
): Promise<BackupReport> {
  const { force = false, fs = new SystemFileSystem() } = options;
  const { onProgress = () => {}, clock = new SystemClock() } = options;
  refuse(fs, path, target, force);
  const part = `${target}.part-${systemIds().slice(0, 8)}`;
  try {
    removeLeft(`${target}.part-`, clock.now());
    // May run twice: beside a node that starts meanwhile, anew.
    await readStoreFile(path, (db) => copyInto(db, part, fs, onProgress));
    const report = finish(part, onProgress);
    const bytes = fs.stat(part)?.sizeBytes ?? 0;
    fs.sync(part);
    // Made by another meanwhile: it is not ours to replace.
    if (!force) refuse(fs, path, target, force);
    fs.rename(part, target);
    fs.sync(folderOf(target));
    return { bytes, objects: report.objects };
  } catch (error) {
    throw storeError(error, `write the backup ${target}`);
  } finally {
    for (const end of ["", "-journal", "-wal", "-shm"]) fs.remove(part + end);
  }
}

/** @throws {StoreError} If there is something that must not be replaced. */
function refuse(
  fs: FileSystem,
  path: string,
  target: string,
  force: boolean,
): void {
  const info = fs.stat(target);
  if (!info) return;
  const own = [path, ...Object.values(filesOf(path))]
    .map((file) => fs.stat(file))
    .some((file) => file && file.dev === info.dev && file.ino === info.ino);
  if (own) {
    throw new StoreError(
      "cannot-open",
      `Cannot write the backup ${target}: it is a file of the store itself`,
      { hint: "Name another file" },
    );
  }
  if (!info.isFile) {
    throw new StoreError(
      "cannot-open",
      `Cannot write the backup ${target}: it is no regular file`,
      { hint: "Name a file" },
    );
  }
  if (force) return;
  throw new StoreError(
    "cannot-open",
    `Cannot write the backup ${target}: there is such a file`,
    { hint: "Name another one; --force replaces it" },
  );
}

async function copyInto(
  db: Connection,
  part: string,
  fs: FileSystem,
  onProgress: Progress,
): Promise<void> {
  fs.remove(part);
  fs.create(part, FILE_MODE);
  // Within the one read transaction of the reader: without, each commit of the
  // node would begin the copy anew.
  await db.backup(
    part,
    (done, total) => onProgress(total > 0 ? done / total : 1, "copy"),
  );
}

/** Makes it one file, without a WAL, and looks whether it is good. */
function finish(
  part: string,
  onProgress: Progress,
): CheckReport {
  const db = new Connection(part, { name: "the copy" });
  try {
    db.setPragma("journal_mode", "delete");
    const report = checkDatabase(db, onProgress);
    const [problem] = report.problems;
    if (problem === undefined && report.badCount === 0) return report;
    throw new StoreError(
      "corrupt",
      `the store is damaged: ${problem ?? `${report.badCount} objects`}`,
      { hint: "See what metamanager store check says" },
    );
  } finally {
    db.close();
  }
}
