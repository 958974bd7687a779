import type { Timer } from "../base/mod.ts";
import { storeError } from "./classify.ts";
import { copyTables } from "./copy_tables.ts";
import { Connection } from "./driver.ts";
import { FILE_MODE, filesOf, type StoreEnv } from "./env.ts";
import type { FileWatch } from "./file_watch.ts";
import { openChecked, removeDatabase } from "./repair.ts";
import { folderOf } from "./reserve.ts";
import { migrate } from "./schema.ts";

/** How long the event loop may stand still for a slice, in milliseconds. */
const SLICE_MS = 4;
/** Steps of a slice, where the clock says nothing. */
const SLICE_STEPS = 64;

/**
 * Copies an open store beside itself and puts the copy, once it has been
 * checked and is on the disk, in place of the last snapshot.
 *
 * The copy is made in slices with turns of the event loop between them, and is
 * of the moment at which it began: a connection of its own reads it in one
 * transaction. Until that ends, what the node commits stays in the WAL.
 */
export class SnapshotCopy {
  readonly #env: StoreEnv;
  readonly #watch: FileWatch;
  #source: Connection | undefined;
  #target: Connection | undefined;
  #pause: { readonly timer: Timer; readonly end: () => void } | undefined;
  #isStopped = false;

  /** Does nothing yet. @param watch Of the file that is open under the name. */
  constructor(env: StoreEnv, watch: FileWatch) {
    this.#env = env;
    this.#watch = watch;
  }

  /**
   * Makes it; to be called once.
   *
   * @returns `false` if it was stopped.
   * @throws {StoreError} If it fails; the last snapshot stays.
   */
  async take(): Promise<boolean> {
    const { path, fs } = this.#env;
    const { snapshot, snapshotPart: part } = filesOf(path);
    try {
      await this.#copy(part);
      // On a slow card the disk takes seconds for it, and the loop none.
      if (!this.#isStopped) await fs.flush(part);
      if (this.#isStopped) return false;
      // Damage has shown on the way: each row was held against its checksum.
      openChecked(part, false, (file) => new Connection(file, READONLY))
        .close();
      fs.sync(part);
      fs.rename(part, snapshot);
      fs.sync(folderOf(path));
      return true;
    } catch (error) {
      if (this.#isStopped) return false;
      this.stop();
      throw storeError(error, `make the snapshot ${snapshot}`);
    }
  }

  /** Ends it at once, and leaves nothing of it. Idempotent. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#pause?.timer.cancel();
    this.#pause?.end();
    try {
      this.#close();
    } finally {
      removeDatabase(this.#env, filesOf(this.#env.path).snapshotPart);
    }
  }

  async #copy(part: string): Promise<void> {
    const { path } = this.#env;
    removeDatabase(this.#env, part);
    this.#env.fs.create(part, FILE_MODE);
    const source = this.#source = new Connection(path, READONLY);
    source.run("BEGIN");
    const target = this.#target = openPart(part);
    const steps = copyTables(source, target);
    // The first step fixes the moment; then it is known whose file it is.
    let isDone = steps.next().done === true;
    this.#watch.check();
    while (!isDone) {
      await this.#turn();
      if (this.#isStopped) return;
      isDone = this.#slice(steps);
    }
    target.run("COMMIT");
    this.#close();
  }

  /** @returns Whether that was the last one. */
  #slice(steps: Generator<void, void>): boolean {
    const { clock } = this.#env;
    const endMs = clock.monotonic() + SLICE_MS;
    for (let i = 0; i < SLICE_STEPS && clock.monotonic() < endMs; i++) {
      if (steps.next().done) return true;
    }
    return false;
  }

  #turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pause = { timer: this.#env.clock.defer(resolve, true), end: resolve };
    return promise;
  }

  #close(): void {
    try {
      this.#source?.close();
    } finally {
      this.#target?.close();
    }
  }
}

const READONLY = { readonly: true } as const;

/** An empty store that nobody needs if it is not completed. */
function openPart(part: string): Connection {
  const db = new Connection(part);
  try {
    db.setPragma("auto_vacuum", 2);
    db.setPragma("journal_mode", "memory");
    db.setPragma("synchronous", 0);
    migrate(db);
    db.run("BEGIN");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
