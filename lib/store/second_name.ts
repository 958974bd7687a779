import { systemIds } from "../base/mod.ts";
import { storeError } from "./classify.ts";
import { filesOf, FOLDER_MODE } from "./env.ts";
import { removeAll, removeLeft } from "./left_behind.ts";

/**
 * Reads a file of a store without touching what lies beside it, as
 * `readStoreFile` does, within one turn of the event loop.
 *
 * @param read Reads the file of that name; may be called twice.
 */
export function readApart<T>(
  path: string,
  nowMs: number,
  read: (file: string) => T,
): T {
  const before = printOf(path);
  if (before.wal !== "") return read(path);
  using name = SecondName.of(path, nowMs);
  if (!name) return read(path);
  try {
    const result = read(name.path);
    if (isSame(before, printOf(path))) return result;
  } catch (error) {
    if (isSame(before, printOf(path))) throw error;
  }
  return read(path);
}

/** What changes whenever a process writes to a store; to be compared only. */
export interface Print {
  /** Of the file; empty if there is none. */
  readonly file: string;
  /** Of its WAL; empty if there is none. */
  readonly wal: string;
}

/** @throws {StoreError} If the files cannot be looked at. */
export function printOf(path: string): Print {
  return { file: statText(path), wal: statText(filesOf(path).wal) };
}

/** Whether nothing was written in between. */
export function isSame(a: Print, b: Print): boolean {
  return a.file === b.file && a.wal === b.wal;
}

function statText(path: string): string {
  try {
    const { dev, ino, size, mtime } = Deno.statSync(path);
    return `${dev}:${ino}:${size}:${mtime?.getTime() ?? 0}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw storeError(error, `look at ${path}`);
  }
}

/** A second name of a file, in a folder of its own beside it. */
export class SecondName implements Disposable {
  /** The second name. */
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = `${folder}/store.db`;
  }

  /**
   * Gives a file a second name.
   *
   * @returns `undefined` where the file system or its rights do not allow it.
   */
  static of(path: string, nowMs: number): SecondName | undefined {
    const name = new SecondName(`${path}.reading-${systemIds()}`);
    try {
      removeLeft(`${path}.reading-`, nowMs);
      Deno.mkdirSync(name.#folder, { mode: FOLDER_MODE });
      Deno.linkSync(path, name.path);
      return name;
    } catch {
      // A read-only folder, a file system without links: read in place.
      name[Symbol.dispose]();
      return undefined;
    }
  }

  /** Removes the name and its folder. */
  [Symbol.dispose](): void {
    removeAll(this.#folder);
  }
}
