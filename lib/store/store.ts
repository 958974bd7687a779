import { assert } from "../base/mod.ts";
import { SqliteBatch } from "./batch.ts";
import { storeError } from "./classify.ts";
import { compactSlice, type CompactStep } from "./compact_store.ts";
import type { Session, StoreEnv } from "./env.ts";
import type { Faults } from "./faults.ts";
import { prepareFolder } from "./folder.ts";
import type { StoreLock } from "./lock.ts";
import { Reader } from "./reader.ts";
import { rebuild } from "./repair.ts";
import { rescue } from "./rescue.ts";
import { scrub, type ScrubStep } from "./scrub.ts";
import { openSession } from "./session.ts";
import { SnapshotCopy } from "./snapshot.ts";
import { readText } from "./state.ts";
import { statsOf } from "./stats.ts";
import { StoreView } from "./store_view.ts";
import type { SqliteStore } from "./sqlite_store.ts";
import type { Batch, BatchOptions, StoreStats } from "./types.ts";

/**
 * The store over one SQLite file. One process has it, one batch is open at a
 * time and is ended in the turn of the event loop that opened it, so reads
 * in between see committed state only.
 *
 * After damage, or when its files are gone, the next batch rebuilds the file
 * first; reads go on from what is still open.
 */
export class OpenStore extends Reader implements SqliteStore {
  readonly #env: StoreEnv;
  readonly #lock: StoreLock;
  readonly #faults: Faults;
  readonly #notes: readonly string[];
  /** What an operator reads, page by page. */
  readonly view: StoreView;
  /** The file that is open: another one after a repair. */
  readonly #open: { session: Session };
  #batch: SqliteBatch | undefined;
  #snapshot: Promise<boolean> | undefined;
  #copy: SnapshotCopy | undefined;
  /** Commits so far, and how many there were at the last snapshot. */
  #commits = 0;
  #commitsAtSnapshot = -1;
  #isOpen = true;
  #generation = 0;

  /** To be made by `openStore`. @param notes Problems found while opening. */
  constructor(
    parts: {
      env: StoreEnv;
      lock: StoreLock;
      faults: Faults;
      session: Session;
      notes: readonly string[];
    },
  ) {
    const open = { session: parts.session };
    super(() => open.session);
    this.#open = open;
    this.#env = parts.env;
    this.#lock = parts.lock;
    this.#faults = parts.faults;
    this.#notes = parts.notes;
    this.view = new StoreView({
      db: () => open.session.db,
      over: (row) => open.session.raised.over(row),
      outboxOver: (row) => open.session.outbox.over(row),
    });
  }

  /** Why the store is not what it should be; empty if fine. */
  get problems(): readonly string[] {
    const broken = this.#faults.broken;
    return [
      broken ? `Damaged, repaired with the next batch: ${broken.message}` : "",
      this.#storedProblem(),
      this.#env.reserve.problem,
      ...this.#notes,
    ].filter((problem) => problem !== "");
  }

  /** Counts rebuilds since the store was opened. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Opens the next batch, after a repair if one is needed.
   *
   * @throws {AssertionError} If one is open, or the store is closed.
   * @throws {StoreError} If the store cannot be repaired now; try again later.
   */
  batch(options: BatchOptions = {}): Batch {
    assert(this.#isOpen, "batches belong to an open store");
    assert(!this.#batch, "one batch is open at a time");
    if (this.#faults.broken) this.recover();
    const { db } = this.#open.session;
    // A rollback that failed leaves its transaction behind.
    if (db.inTransaction) db.run("ROLLBACK");
    this.#batch = new SqliteBatch(this.#env, this.#open.session, {
      isolates: options.isolates ?? true,
      onEnd: (outcome) => {
        this.#batch = undefined;
        if (outcome === "committed") this.#commits++;
      },
    });
    if (options.expectsWrites) this.#batch.beginEarly();
    else if (options.expectsReads) this.#batch.beginReading();
    return this.#batch;
  }

  /**
   * Rebuilds the file from the newest snapshot and what can still be read,
   * as a start with a damaged file does; from all that there was, if only the
   * file's name has gone. `batch` does it when it is needed.
   *
   * @throws {StoreError} If there is no room or no right to write, or another
   *   process has made a store under the name meanwhile.
   */
  recover(): void {
    assert(this.#isOpen && !this.#batch, "a repair runs between batches");
    const cause = this.#faults.broken;
    this.#copy?.stop();
    // Whoever deleted the files may have taken folder and lock along.
    prepareFolder(this.#env);
    this.#lock.keep();
    const { db } = this.#open.session;
    if (cause?.kind !== "file-gone" || !rescue(this.#env, db)) {
      const why = cause ? `failed (${cause.message})` : "was rebuilt on demand";
      rebuild(this.#env, why, db);
    }
    this.#open.session = openSession(this.#env, "clean", {
      outboxIdLast: this.#open.session.outboxIds.last,
    });
    this.#faults.broken = undefined;
    this.#env.reserve.restore();
    this.#generation++;
  }

  /** Notes a module's position; saved along with a later commit. */
  notePosition(module: string, revision: number): void {
    this.#open.session.positions.note(module, revision);
  }

  /** Notes that a connection left a message of the outbox unanswered. */
  noteUnanswered(id: number): boolean {
    return this.#open.session.outbox.noteUnanswered(id, this.#env.clock.now());
  }

  /** Looks whether a problem with the disk is over. */
  tend(): void {
    this.#env.reserve.tend();
  }

  /** Figures for health and metrics. */
  stats(): StoreStats {
    return statsOf(this.#env, this.#open.session);
  }

  /**
   * Copies the store beside itself, in slices between which batches go on;
   * `false` if nothing was committed since the last copy of this process, or
   * if `close`, a repair or `stopSnapshot` ended it.
   *
   * @throws {StoreError} If it fails; the last snapshot stays.
   */
  snapshot(): Promise<boolean> {
    assert(this.#isOpen, "a snapshot needs an open store");
    this.#snapshot ??= this.#takeSnapshot().finally(() => {
      this.#snapshot = undefined;
    });
    return this.#snapshot;
  }

  /** Ends a snapshot that is being taken; the last one stays. */
  stopSnapshot(): void {
    this.#copy?.stop();
  }

  /**
   * Checks some objects in the order of their keys.
   *
   * @param fromKey Key after which to begin; empty for the first.
   * @param limit Objects to read, 1 or more; a few hundred take milliseconds.
   */
  scrubStep(fromKey: string, limit: number): ScrubStep {
    return scrub(this.#open.session.db, fromKey, limit);
  }

  /**
   * Gives a slice of the pages without content back, between batches; nothing
   * of what is stored changes.
   *
   * @throws {StoreError} If the file cannot be written now.
   */
  compactStep(): CompactStep {
    assert(this.#isOpen && !this.#batch, "compacting runs between batches");
    const { db } = this.#open.session;
    return compactSlice(db, this.#env.path, this.#env.fs);
  }

  /** Saves what waits, writes the WAL back, releases the lock. Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#batch?.rollback();
    this.#isOpen = false;
    this.#attempt(() => this.#copy?.stop());
    if (!this.#faults.broken) this.#attempt(() => this.#settle());
    // Unless it is broken: what was committed is whole, even if not all that
    // lives in memory could be saved.
    const closed = this.#attempt(() => this.#open.session.db.close());
    this.#lock.release(closed && !this.#faults.broken);
  }

  async #takeSnapshot(): Promise<boolean> {
    const commits = this.#commits;
    if (commits === this.#commitsAtSnapshot) return false;
    const { watch } = this.#open.session;
    const copy = this.#copy = new SnapshotCopy(this.#env, watch);
    const done = await copy.take().finally(() => {
      this.#copy = undefined;
    });
    if (done) this.#commitsAtSnapshot = commits;
    return done;
  }

  /** Writes what lives in memory only, and brings the WAL into the file. */
  #settle(): void {
    const { db, outbox, positions, raised, revisions, running } =
      this.#open.session;
    db.run("BEGIN IMMEDIATE");
    raised.write(db);
    outbox.write(db);
    if (positions.isDirty) positions.write(db);
    running.write(db);
    revisions.settle(db);
    db.run("COMMIT");
    db.all("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** Runs a step of the close; a failure is logged, the next steps follow. */
  #attempt(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      const failure = storeError(error, `close ${this.#env.path}`);
      this.#env.log("error", failure.message);
      return false;
    }
  }

  #storedProblem(): string {
    try {
      return this.#isOpen ? readText(this.#open.session.db, "problem") : "";
    } catch (error) {
      return storeError(error, `read ${this.#env.path}`).message;
    }
  }
}
