import { assert } from "../base/mod.ts";
import { storeError } from "./classify.ts";
import type { Connection } from "./driver.ts";
import type { Session, StoreEnv } from "./env.ts";
import { BatchEntangledError, BatchLostError, StoreError } from "./errors.ts";
import { Transaction } from "./transaction.ts";
import type { Batch, StoreTransaction } from "./types.ts";
import { vacuumSlice } from "./vacuum.ts";

/**
 * One SQLite transaction, and if it isolates with a savepoint per message, both
 * begun only when something is written. The first message that writes needs
 * none: undoing it is undoing the transaction. Until then a batch that expects
 * reads is in a transaction that only reads.
 *
 * States: open, then ended by `commit` or `rollback`. While open it may be
 * lost: SQLite has ended the transaction by itself, and what would be written
 * now would be committed alone. Or entangled: it holds half a message.
 */
export class SqliteBatch implements Batch {
  /** The view for operations. */
  readonly tx: StoreTransaction;
  readonly #env: StoreEnv;
  readonly #session: Session;
  readonly #isolates: boolean;
  readonly #onEnd: (outcome: "committed" | "undone") => void;
  #isOpen = true;
  #isBegun = false;
  /** Whether it holds the lock of a reader; not once it has begun to write. */
  #isReading = false;
  #isDirty = false;
  #inMessage = false;
  /** Whether the message that runs has written, and behind a savepoint. */
  #message: "unwritten" | "written" | "behind-savepoint" = "unwritten";
  #lost: BatchLostError | BatchEntangledError | undefined;

  /** Opens a batch. */
  constructor(
    env: StoreEnv,
    session: Session,
    options: {
      /** Each message can be undone alone. */
      readonly isolates: boolean;
      /** Told once when it has ended. */
      readonly onEnd: (outcome: "committed" | "undone") => void;
    },
  ) {
    this.#env = env;
    this.#session = session;
    this.#isolates = options.isolates;
    this.#onEnd = options.onEnd;
    this.tx = new Transaction(env, session, (run) => this.#write(run));
  }

  /**
   * Runs one message, undone if it throws.
   *
   * @throws {BatchLostError} If SQLite has ended the whole transaction.
   * @throws {BatchEntangledError} If it cannot be undone alone.
   */
  message<T>(run: () => T): T {
    assert(this.#isOpen, "a message runs in an open batch");
    assert(!this.#inMessage, "messages do not nest");
    if (this.#lost) throw this.#lost;
    const { heads, outbox, raised, revisions } = this.#session;
    const mark = {
      outbox: outbox.mark,
      raised: raised.mark,
      revision: revisions.last,
    };
    this.#inMessage = true;
    try {
      const result = run();
      // An operation may have caught the error of its own statement.
      if (this.#lost) throw this.#lost;
      if (this.#message === "behind-savepoint") this.#run("RELEASE message");
      this.#isDirty ||= this.#message !== "unwritten";
      return result;
    } catch (error) {
      if (this.#lost) throw this.#lost;
      outbox.undo(mark.outbox);
      raised.undo(mark.raised);
      revisions.undo(mark.revision);
      heads.clear();
      this.#undoMessage(error);
      throw error;
    } finally {
      this.#inMessage = false;
      this.#message = "unwritten";
    }
  }

  /**
   * Makes everything durable, then checks that the files are still there. If
   * it throws, the batch has been undone.
   *
   * @throws {StoreError} Nothing of the batch may be acknowledged.
   */
  commit(): void {
    assert(this.#isOpen && !this.#inMessage, "an open batch is committed");
    const { db, outbox, raised, positions, revisions, running, tombstones } =
      this.#session;
    const writes = this.#isDirty || raised.isFull;
    const savesPositions = positions.isDue;
    const savesRunning = running.isDue;
    if (!writes && !this.#lost) {
      this.#endReading();
      if (db.inTransaction) db.execute("ROLLBACK");
      outbox.commit(false);
      raised.commit(false);
      return this.#end("committed");
    }
    try {
      if (this.#lost) throw this.#lost;
      if (!this.#isBegun) this.#begin();
      raised.write(db);
      outbox.write(db);
      if (savesPositions) positions.write(db);
      if (savesRunning) running.write(db);
      tombstones.run(db);
      vacuumSlice(db);
      db.execute("COMMIT");
    } catch (error) {
      this.rollback();
      throw error;
    }
    raised.commit(true);
    outbox.commit(true);
    revisions.commit();
    if (savesPositions) positions.saved();
    if (savesRunning) running.saved();
    this.#end("committed");
    try {
      this.#session.watch.check();
    } catch (error) {
      const failure = storeError(error, "commit");
      this.#env.onError(failure);
      throw failure;
    }
  }

  /** Undoes everything; does nothing if the batch has ended. */
  rollback(): void {
    if (!this.#isOpen) return;
    const { db, heads, outbox, raised, revisions } = this.#session;
    outbox.undo(0);
    raised.undo(0);
    revisions.rollback();
    heads.clear();
    try {
      this.#endReading();
      if (this.#isBegun && db.inTransaction) db.execute("ROLLBACK");
    } finally {
      this.#end("undone");
    }
  }

  /**
   * Begins before anything is written. If that fails, the first write tries
   * again: until then nothing needs a transaction.
   */
  beginEarly(): void {
    try {
      this.#begin();
    } catch (error) {
      // SQLite's errors have been reported where they came up.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /**
   * What is read until something is written shares one lock: a statement
   * outside a transaction takes one of its own, which costs more than to find
   * a row. The lock is taken by the first that reads.
   */
  beginReading(): void {
    this.#session.db.execute("BEGIN");
    this.#isReading = true;
  }

  #end(outcome: "committed" | "undone"): void {
    this.#isOpen = false;
    this.#onEnd(outcome);
  }

  #endReading(): void {
    const { db } = this.#session;
    if (this.#isReading && db.inTransaction) db.execute("COMMIT");
    this.#isReading = false;
  }

  #begin(): void {
    this.#endReading();
    this.#session.db.execute("BEGIN IMMEDIATE");
    this.#isBegun = true;
  }

  /** Runs a statement of the batch itself, and notes a lost transaction. */
  #run(sql: string): void {
    try {
      this.#session.db.execute(sql);
    } catch (error) {
      throw this.#afterFailure(error);
    }
  }

  #write<T>(run: (db: Connection) => T): T {
    assert(this.#isOpen, "writes belong to an open batch");
    if (this.#lost) throw this.#lost;
    try {
      if (!this.#isBegun) this.#begin();
      if (this.#inMessage && this.#message === "unwritten") {
        const isBehind = this.#isDirty && this.#isolates;
        if (isBehind) this.#session.db.execute("SAVEPOINT message");
        this.#message = isBehind ? "behind-savepoint" : "written";
      }
      const result = run(this.#session.db);
      this.#isDirty ||= !this.#inMessage;
      return result;
    } catch (error) {
      throw this.#afterFailure(error);
    }
  }

  /** Asks after a failed statement whether the transaction is still there. */
  #afterFailure(error: unknown): unknown {
    // A part of what was meant may have been written.
    this.#session.heads.clear();
    if (!this.#isBegun || this.#session.db.inTransaction) return error;
    return this.#lose("SQLite has ended it", error);
  }

  #lose(why: string, error: unknown): BatchLostError {
    const cause = storeError(error, "write");
    this.#lost = new BatchLostError(
      cause.kind,
      `Cannot go on with the batch, ${why}: ${cause.message}`,
      { hint: cause.hint, cause },
    );
    return this.#lost;
  }

  #undoMessage(cause: unknown): void {
    if (this.#message === "unwritten") return;
    if (this.#message === "written" && this.#isDirty) {
      throw this.#lost = new BatchEntangledError(cause);
    }
    try {
      if (this.#message === "behind-savepoint") {
        this.#run("ROLLBACK TO message");
        this.#run("RELEASE message");
        return;
      }
      // Nothing else was written: a commit would have nothing to do.
      this.#run("ROLLBACK");
      this.#isBegun = false;
    } catch (error) {
      // Half a message is still there: it must not go with its neighbours.
      if (this.#lost) throw error;
      throw this.#lose("a message cannot be undone", error);
    }
  }
}
