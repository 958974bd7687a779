import { systemIds } from "../base/mod.ts";
import { FOLDER_MODE } from "./env.ts";
import { removeAll, removeLeft } from "./left_behind.ts";

/**
 * A second name of a file, in a folder of its own beside it.
 *
 * To read a file in WAL mode SQLite makes `-wal` and `-shm` beside it, which
 * might belong to the wrong user afterwards. By a second name it makes them
 * elsewhere. SQLite's `immutable` would do, but the runtime takes addresses
 * (`file:...?immutable=1`) only of a program that may do everything (Deno
 * 2.7.11).
 */
export class SecondName implements Disposable {
  /** The second name. */
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = `${folder}/store.db`;
  }

  /**
   * Makes one, and removes what was left behind by others long ago.
   *
   * @param path A file without a WAL.
   * @param nowMs Time now, Unix milliseconds.
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

  /** Removes it with all that SQLite made beside it. */
  [Symbol.dispose](): void {
    removeAll(this.#folder);
  }
}
