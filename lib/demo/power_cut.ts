import { basename, dirname, join } from "node:path";

/**
 * The files of a store as a power cut would leave them: taken between two
 * transactions of a running node, put back once that node is gone.
 */
export class PowerCut {
  readonly #store: string;
  readonly #image: string;

  /**
   * @param store Path of the database file.
   * @param image Folder for the copies, not there yet.
   */
  constructor(store: string, image: string) {
    this.#store = store;
    this.#image = image;
  }

  /** Copies the files, in one go: nothing else runs meanwhile. */
  take(): void {
    Deno.mkdirSync(this.#image, { mode: 0o700 });
    for (const name of this.#files()) {
      // Shared memory is memory: a power cut leaves nothing of it.
      if (name.endsWith("-shm")) continue;
      Deno.copyFileSync(
        join(dirname(this.#store), name),
        join(this.#image, name),
      );
    }
  }

  /** Puts the copies in place of what is there now, and removes them. */
  restore(): void {
    const folder = dirname(this.#store);
    for (const name of this.#files()) Deno.removeSync(join(folder, name));
    for (const { name } of Deno.readDirSync(this.#image)) {
      Deno.renameSync(join(this.#image, name), join(folder, name));
    }
    Deno.removeSync(this.#image);
  }

  /** Names of all files of the store. */
  #files(): string[] {
    return [...Deno.readDirSync(dirname(this.#store))]
      .map(({ name }) => name)
      .filter((name) => name.startsWith(basename(this.#store)));
  }
}
