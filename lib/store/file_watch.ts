import { dirname } from "node:path";
import type { Clock } from "../base/mod.ts";
import { filesOf } from "./env.ts";
import { StoreError } from "./errors.ts";
import type { FileInfo, FileSystem } from "./file_system.ts";

/** A folder that changed later than so long ago may change again unseen. */
const FRESH_MS = 100;
/** The files themselves are looked at this often, whatever the folder says. */
const LOOK_MS = 1000;

/**
 * Notices that the database or its WAL is no longer the file of that name: a
 * deleted file goes on accepting writes, into nothing (platform.md 3.2).
 *
 * No file comes into a folder or leaves it without changing the folder's time,
 * and none is taken from us without changing its mode, so mostly the folder is
 * asked. Asking the WAL costs more than the question:
 * Linux from 6.13 on keeps finer times of a file that is asked for them, and
 * then each fsync has to write the new time, too (40 us of 250).
 */
export class FileWatch {
  readonly #fs: FileSystem;
  readonly #clock: Clock;
  readonly #path: string;
  readonly #folder: string;
  readonly #database: FileInfo | undefined;
  #wal: FileInfo | undefined;
  /** The folder when both files were last seen there, if that is telling. */
  #seen: FileInfo | undefined;
  #lookedAtMs = 0;

  /** Remembers the files as they are now, just after opening. */
  constructor(fs: FileSystem, path: string, clock: Clock) {
    this.#fs = fs;
    this.#clock = clock;
    this.#path = path;
    this.#folder = dirname(path);
    this.#database = fs.stat(path);
    this.#wal = fs.stat(filesOf(path).wal);
  }

  /**
   * To be called after a commit, before anybody is told of it.
   *
   * @throws {StoreError} `file-gone` if a file is missing or another one.
   */
  check(): void {
    const folder = this.#fs.stat(this.#folder);
    const nowMs = this.#clock.monotonic();
    const isSame = folder && this.#seen &&
      folder.modifiedAtMs === this.#seen.modifiedAtMs &&
      folder.changedAtMs === this.#seen.changedAtMs &&
      folder.ino === this.#seen.ino && folder.dev === this.#seen.dev;
    if (isSame && nowMs - this.#lookedAtMs < LOOK_MS) return;
    this.#seen = undefined;
    this.#look();
    this.#lookedAtMs = nowMs;
    // A change within the same tick of the file system's clock would not show.
    const ageMs = this.#clock.now() - (folder?.modifiedAtMs ?? Infinity);
    if (ageMs > FRESH_MS) this.#seen = folder;
  }

  #look(): void {
    const wal = filesOf(this.#path).wal;
    const walNow = this.#fs.stat(wal);
    // SQLite makes the WAL with the first commit.
    this.#wal ??= walNow;
    this.#compare(this.#path, this.#database, this.#fs.stat(this.#path));
    this.#compare(wal, this.#wal, walNow);
  }

  #compare(
    path: string,
    before: FileInfo | undefined,
    now: FileInfo | undefined,
  ): void {
    if (now && before && now.ino === before.ino && now.dev === before.dev) {
      return;
    }
    throw new StoreError(
      "file-gone",
      `Cannot keep what was written to ${path}: the file was ` +
        (now ? "replaced" : "deleted"),
      { hint: "Leave the files of the store alone while the node runs" },
    );
  }
}
