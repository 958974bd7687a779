import { storeError } from "./classify.ts";
import { Connection } from "./driver.ts";
import { filesOf } from "./env.ts";
import { StoreError } from "./errors.ts";
import { type FileSystem, SystemFileSystem } from "./file_system.ts";
import { StoreLock } from "./lock.ts";
import { refuseLink } from "./ownership.ts";
import { checkReadable } from "./schema.ts";

/** What compacting came to. */
export interface CompactReport {
  /** Length of the file and its WAL before, in bytes. */
  readonly bytesBefore: number;
  /** The same after it. */
  readonly bytes: number;
}

/** How far compacting is, of a store that is open. */
export interface CompactStep extends CompactReport {
  /** Pages without content that are left. */
  readonly freePages: number;
}

/** Pages given back in one step: some milliseconds. */
const SLICE_PAGES = 512;

/**
 * Gives the pages without content back, while the node is down. The runtime
 * does not let SQLite attach its copy for a `VACUUM`, so half-empty pages stay
 * as they are; nothing needs room.
 *
 * @throws {StoreError} `locked-by-other` while the node runs; the store stays
 *   as it was.
 */
export function compactStore(
  path: string,
  fs: FileSystem = new SystemFileSystem(),
): CompactReport {
  refuseLink({ path, fs });
  const bytesBefore = sizeOf(fs, path);
  if (bytesBefore === 0) {
    throw new StoreError(
      "cannot-open",
      `Cannot compact the store ${path}: there is no such file`,
      { hint: "Give the node's configuration with --config" },
    );
  }
  const lock = new StoreLock(filesOf(path).lock);
  try {
    const db = new Connection(path);
    try {
      checkReadable(db);
      db.configure();
      while (compactSlice(db, path, fs).freePages > 0);
    } finally {
      db.close();
    }
    return { bytesBefore, bytes: sizeOf(fs, path) };
  } catch (error) {
    throw storeError(error, `compact ${path}`);
  } finally {
    // A store that was not closed well is still one for the next start.
    lock.release(lock.before === "clean");
  }
}

/** Gives a slice of the free pages of an open store back, between batches. */
export function compactSlice(
  db: Connection,
  path: string,
  fs: FileSystem,
): CompactStep {
  const bytesBefore = sizeOf(fs, path);
  if (Number(db.pragma("freelist_count")) > 0) {
    db.all(`PRAGMA incremental_vacuum(${SLICE_PAGES})`);
  }
  const freePages = Number(db.pragma("freelist_count"));
  // The file is cut when the WAL has been written back.
  if (freePages === 0) db.all("PRAGMA wal_checkpoint(TRUNCATE)");
  return { freePages, bytesBefore, bytes: sizeOf(fs, path) };
}

function sizeOf(fs: FileSystem, path: string): number {
  return (fs.stat(path)?.sizeBytes ?? 0) +
    (fs.stat(filesOf(path).wal)?.sizeBytes ?? 0);
}
