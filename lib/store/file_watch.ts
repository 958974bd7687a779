import { dirname } from "node:path";
import type { Clock } from "../base/mod.ts";
import { filesOf } from "./env.ts";
import { StoreError } from "./errors.ts";
import type { FileInfo, FileSystem } from "./file_system.ts";

/**
 * A folder that looks the same for so long will look different after the next
 * change: times of files have steps, the coarsest of those that we see is a
 * second.
 */
const STEP_MS = 1100;
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
  /** The folder as it was when both files were last seen there. */
  #seen: FileInfo | undefined;
  /** Since when it looks like that, by the monotonic clock. */
  #sameSinceMs = 0;
  #isTelling = false;
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
    const isSame = folder !== undefined && this.#seen !== undefined &&
      looksLike(folder, this.#seen);
    const isDue = nowMs - this.#lookedAtMs >= LOOK_MS;
    if (isSame && this.#isTelling && !isDue) return;
    this.#seen = undefined;
    this.#look();
    this.#seen = folder;
    this.#lookedAtMs = nowMs;
    if (!isSame) this.#sameSinceMs = nowMs;
    this.#isTelling = nowMs - this.#sameSinceMs >= STEP_MS;
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

function looksLike(a: FileInfo, b: FileInfo): boolean {
  return a.modifiedAtMs === b.modifiedAtMs &&
    a.changedAtMs === b.changedAtMs && a.ino === b.ino && a.dev === b.dev;
}
