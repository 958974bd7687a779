import { Database, type Statement } from "@db/sqlite";
import { backup, DatabaseSync } from "node:sqlite";
import { storeError } from "./classify.ts";
import { StoreError } from "./errors.ts";

/** A value that SQLite stores. */
export type SqlValue = string | number | null;

/** Settings of a connection. */
export interface ConnectionOptions {
  /** Opens without the right to write; the file must exist. */
  readonly readonly?: boolean;
  /** How long a statement waits for a lock of another process, in milliseconds. */
  readonly busyTimeoutMs?: number;
  /** Name of the file in errors; its path unless given. */
  readonly name?: string;
  /** Told of each error of SQLite before it is thrown. */
  readonly onError?: (error: StoreError) => void;
}

/** Default of `busyTimeoutMs`: the event loop stands still while SQLite waits. */
const BUSY_TIMEOUT_MS = 500;
/** Page cache, negative as SQLite wants KiB; larger gains nothing (platform.md 3.4). */
const CACHE_SIZE = -2048;
/** WAL pages after which SQLite writes them back: 4 MiB. */
const AUTOCHECKPOINT_PAGES = 1000;
/** Length to which a WAL is cut after a checkpoint, in bytes. */
const WAL_BYTES_MAX = 4 * 1024 * 1024;
/** Pages copied by a backup between two marks of progress: 256 KiB. */
const BACKUP_PAGES = 64;
/** SQLite's number for `auto_vacuum=INCREMENTAL`. */
const INCREMENTAL = 2;
/** SQLite's number for `synchronous=FULL`. */
const FULL = 2;

/**
 * A connection to a SQLite file, and the only code that knows the binding.
 * Every statement is prepared once and run through `prepare`, since only such
 * errors carry a code (platform.md 3.3). Callers see `StoreError`s.
 */
export class Connection {
  /** Path of the file, or the name that it was given. */
  readonly path: string;
  readonly #db: Database;
  readonly #statements = new Map<string, Statement>();
  readonly #onError: ((error: StoreError) => void) | undefined;

  /**
   * Opens a file, of which that reads the first page: other damage shows later.
   *
   * @throws {StoreError} If it cannot be opened.
   */
  constructor(path: string, options: ConnectionOptions = {}) {
    this.path = options.name ?? path;
    this.#onError = options.onError;
    const readonly = options.readonly ?? false;
    this.#db = this.#guard("open", () =>
      new Database(path, {
        // 64-bit integers: without, the FFI package cuts them to 32 bits.
        int64: true,
        ...(readonly ? { readonly } : { create: false }),
      }));
    const busyTimeoutMs = options.busyTimeoutMs ?? BUSY_TIMEOUT_MS;
    try {
      this.all(`PRAGMA busy_timeout=${busyTimeoutMs}`);
      this.all(`PRAGMA cache_size=${CACHE_SIZE}`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Whether a transaction is open: false after SQLite itself ended it. */
  get inTransaction(): boolean {
    return this.#db.inTransaction;
  }

  /** Whether the connection can be used. */
  get isOpen(): boolean {
    return this.#db.open;
  }

  /**
   * Makes commits durable and the file small; changes the file, so only for
   * one that is ours.
   *
   * @param pagesMax Pages (of 4096 bytes) beyond which the file counts as full.
   * @throws {StoreError} If the file system cannot do it.
   */
  configure(pagesMax?: number): void {
    // Takes effect only before the first table, but would write every time.
    if (this.pragma("auto_vacuum") !== INCREMENTAL) {
      this.all(`PRAGMA auto_vacuum=${INCREMENTAL}`);
    }
    this.setPragma("journal_mode", "wal");
    this.setPragma("synchronous", FULL);
    this.setPragma("foreign_keys", 1);
    this.setPragma("wal_autocheckpoint", AUTOCHECKPOINT_PAGES);
    this.setPragma("journal_size_limit", WAL_BYTES_MAX);
    if (pagesMax !== undefined) this.setPragma("max_page_count", pagesMax);
  }

  /** Runs a statement. @returns Rows changed. @throws {StoreError} */
  run(sql: string, ...values: SqlValue[]): number {
    return this.#guard("write to", () => this.#statement(sql).run(...values));
  }

  /**
   * Runs a statement of one step, without asking what it changed: that takes
   * twice as long.
   *
   * @throws {StoreError}
   */
  execute(sql: string, ...values: SqlValue[]): void {
    try {
      this.#statement(sql).value(...values);
    } catch (error) {
      throw this.#failure(error, "write to");
    }
  }

  /** The first row. @throws {StoreError} */
  get<T extends object>(sql: string, ...values: SqlValue[]): T | undefined {
    return this.#guard(
      "read",
      () => this.#statement(sql).get(...values) as T | undefined,
    );
  }

  /** All rows. @throws {StoreError} */
  all<T extends object>(sql: string, ...values: SqlValue[]): T[] {
    return this.#guard(
      "read",
      () => this.#statement(sql).all(...values) as T[],
    );
  }

  /** Runs several statements that take no values, for the schema. */
  exec(sql: string): void {
    this.#guard("write to", () => this.#db.exec(sql));
  }

  /** Value of a pragma. */
  pragma(name: string): SqlValue {
    const row = this.get<Record<string, SqlValue>>(`PRAGMA ${name}`);
    return Object.values(row ?? {})[0] ?? null;
  }

  /**
   * Sets a pragma and reads it back, since SQLite ignores what it cannot do.
   *
   * @throws {StoreError} If it did not take.
   */
  setPragma(name: string, value: string | number): void {
    this.all(`PRAGMA ${name}=${value}`);
    const actual = this.pragma(name);
    if (String(actual).toLowerCase() === String(value).toLowerCase()) return;
    throw new StoreError(
      "cannot-open",
      `Cannot set ${name} of ${this.path} to ${value}: it stays ${actual}`,
      { hint: "Put the store on a local file system" },
    );
  }

  /**
   * Copies the database into a file while others write to it. Not for the
   * node while it runs: Deno 2.7.11 copies all of it in one turn of the event
   * loop, whatever the size of a slice (100 MB stop it for a second).
   *
   * @param onProgress Told after each slice how much there is, in pages; the
   *   FFI package tells nothing.
   * @throws {StoreError} If it fails; the file may hold part of the copy.
   */
  async backup(
    target: string,
    onProgress?: (done: number, total: number) => void,
  ): Promise<void> {
    const handle: unknown = this.#db.unsafeHandle;
    try {
      if (handle instanceof DatabaseSync) {
        await backup(handle, target, {
          rate: BACKUP_PAGES,
          ...(onProgress
            ? {
              progress: ({ remainingPages, totalPages }) =>
                onProgress(totalPages - remainingPages, totalPages),
            }
            : {}),
        });
      } else {
        // The FFI package has a pointer here; it may vacuum, in one go.
        this.#db.prepare("VACUUM INTO ?").run(target);
      }
    } catch (error) {
      throw this.#failure(error, "copy");
    }
  }

  /** Closes the connection; does nothing if it is closed. @throws {StoreError} */
  close(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#guard("close", () => this.#db.close());
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(verb: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw this.#failure(error, verb);
    }
  }

  #failure(error: unknown, verb: string): StoreError {
    const failure = storeError(error, `${verb} ${this.path}`);
    this.#onError?.(failure);
    return failure;
  }
}

/** Version of SQLite that runs the store, for example `3.50.2`. */
export function sqliteVersion(): string {
  const db = new Database(":memory:");
  try {
    return String(db.prepare("SELECT sqlite_version()").value()?.[0]);
  } finally {
    db.close();
  }
}
