import { filesOf } from "./env.ts";
import { StoreError } from "./errors.ts";
import type { FileInfo, FileSystem } from "./file_system.ts";

/**
 * Notices that the database or its WAL is no longer the file of that name: a
 * deleted file goes on accepting writes, into nothing (platform.md 3.2).
 */
export class FileWatch {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #database: FileInfo | undefined;
  #wal: FileInfo | undefined;

  /** Remembers the files as they are now, just after opening. */
  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.#path = path;
    this.#database = fs.stat(path);
    this.#wal = fs.stat(filesOf(path).wal);
  }

  /**
   * To be called after a commit, before anybody is told of it.
   *
   * @throws {StoreError} `file-gone` if a file is missing or another one.
   */
  check(): void {
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
