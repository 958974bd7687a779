import { FILE_MODE } from "./env.ts";
import { StoreError } from "./errors.ts";

/** How the process before us left the store. */
export type Before =
  /** No process has ever used it. */
  | "none"
  /** One was stopped while it made the file. */
  | "creating"
  /** One closed it. */
  | "clean"
  /** One did not come to close it. */
  | "unclean";

/** Longest text that is read from a lock file, in bytes. */
const TEXT_BYTES_MAX = 256;

/**
 * The lock file: one process per store, and a note of how the last one left.
 * The kernel frees the lock whatever happens to the process; the text stays.
 */
export class StoreLock {
  /** How the process before us left the store. */
  readonly before: Before;
  readonly #path: string;
  #file: Deno.FsFile;
  #isHeld = true;

  /**
   * Takes the lock.
   *
   * @throws {StoreError} `locked-by-other` if another process has it,
   *   `cannot-open` if there can be no such file.
   */
  constructor(path: string) {
    this.#path = path;
    this.#file = takeLock(path);
    const text = readText(this.#file);
    this.before = text === ""
      ? "none"
      : text.includes("clean")
      ? "clean"
      : text.includes("creating")
      ? "creating"
      : "unclean";
  }

  /**
   * Takes the lock anew if its file was deleted or replaced: what is locked
   * then keeps nobody away from the store.
   *
   * @throws {StoreError} As the constructor; the lock is as it was.
   */
  keep(): void {
    if (isFileOf(this.#path, this.#file)) return;
    const file = takeLock(this.#path);
    this.#file.close();
    this.#file = file;
    this.note("open");
  }

  /** Notes what this process is doing; on the disk when it returns. */
  note(doing: "creating" | "open"): void {
    this.#write(`pid ${Deno.pid} ${doing}\n`);
  }

  /** Frees the lock. @param clean Whether the store was closed as it should. */
  release(clean: boolean): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (clean) this.#write("clean\n");
    this.#file.close();
  }

  #write(text: string): void {
    this.#file.truncateSync();
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#file.writeSync(new TextEncoder().encode(text));
    this.#file.syncSync();
  }
}

function openFile(path: string): Deno.FsFile {
  const options = { read: true, write: true, create: true, mode: FILE_MODE };
  try {
    return Deno.openSync(path, options);
  } catch (error) {
    throw new StoreError(
      "cannot-open",
      `Cannot open the lock file ${path}: ${
        error instanceof Error ? error.message : String(error)
      }`,
      {
        cause: error,
        hint: "Check that the folder exists and is writable for the service",
      },
    );
  }
}

/** Opens the lock file and locks it. @throws {StoreError} */
function takeLock(path: string): Deno.FsFile {
  const file = openFile(path);
  const text = readText(file);
  if (!file.tryLockSync(true)) {
    file.close();
    const pid = /pid (\d+)/.exec(text)?.[1] ?? "unknown";
    throw new StoreError(
      "locked-by-other",
      `Cannot use ${path.replace(/\.lock$/, "")}: process ${pid} has it`,
      { hint: "Stop the other process, or give this one a store of its own" },
    );
  }
  Deno.chmodSync(path, FILE_MODE);
  return file;
}

/** Whether a name still leads to an open file. */
function isFileOf(path: string, file: Deno.FsFile): boolean {
  const open = file.statSync();
  try {
    const named = Deno.statSync(path);
    return named.ino === open.ino && named.dev === open.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function readText(file: Deno.FsFile): string {
  file.seekSync(0, Deno.SeekMode.Start);
  const bytes = new Uint8Array(TEXT_BYTES_MAX);
  const length = file.readSync(bytes) ?? 0;
  return new TextDecoder().decode(bytes.subarray(0, length));
}
