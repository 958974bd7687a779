/**
 * Stand-in for `jsr:@db/sqlite` over the runtime's own `node:sqlite`: what
 * the project uses, with the names and meanings of the real package.
 * Differences: `unsafeHandle` is the `DatabaseSync`, not a pointer; errors of
 * statements carry SQLite's extended code as `errcode`; without `int64`
 * integers are whole, not cut to 32 bits.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { fileURLToPath } from "node:url";

type Value = number | string | bigint | boolean | null | undefined | Uint8Array;
type Params = Value[] | [Value[] | Record<string, Value>];
type Row = Record<string, unknown>;
/** What the types of the runtime leave out. */
type Arrayed = StatementSync & { setReturnArrays(enabled: boolean): void };

/** A value as node:sqlite takes it: it refuses `undefined` and booleans. */
const bound = (value: Value) =>
  typeof value === "boolean" ? Number(value) : value ?? null;

/** One list of values, or one object of named ones. */
function bind(params: Params): never[] {
  // Nearly always a few numbers and texts, which may go as they are.
  let isPlain = true;
  for (const value of params) {
    isPlain &&= typeof value === "string" || typeof value === "number";
  }
  if (isPlain) return params as never[];
  const [first] = params;
  const set = typeof first === "object" && !(first instanceof Uint8Array)
    ? first ?? params
    : params;
  if (Array.isArray(set)) return (set as Value[]).map(bound) as never[];
  const named = Object.entries(set).map(([name, value]) =>
    [name, bound(value)] as const
  );
  return [Object.fromEntries(named) as never];
}

function isOutOfRange(error: unknown): boolean {
  return error instanceof RangeError &&
    (error as { code?: unknown }).code === "ERR_OUT_OF_RANGE";
}

/** Safe integers as numbers, as the real package gives them. */
const small = (value: unknown) =>
  typeof value === "bigint" && Number.isSafeInteger(Number(value))
    ? Number(value)
    : value;

/** A prepared statement. */
export class Statement<T extends object = Row> {
  readonly #isWide: boolean;
  #statement: StatementSync | undefined;
  #names: readonly string[] | undefined;
  constructor(readonly db: Database, sql: string) {
    this.#isWide = db.int64;
    this.#statement = db.unsafeHandle.prepare(sql);
    // The runtime's rows have no prototype and are slow to make and to read.
    (this.#statement as Arrayed).setReturnArrays(true);
  }
  get #open(): StatementSync {
    if (this.#statement) return this.#statement;
    throw new Error("Statement has been finalized");
  }
  run(...params: Params): number {
    return Number(this.#open.run(...bind(params)).changes);
  }
  get(...params: Params): T | undefined {
    const values = this.value(...params);
    return values && this.#row(values);
  }
  all(...params: Params): T[] {
    return this.values(...params).map((values) => this.#row(values));
  }
  values(...params: Params): unknown[][] {
    const args = bind(params);
    try {
      return this.#open.all(...args) as unknown as unknown[][];
    } catch (error) {
      const rows = this.#wide(error, (open) => open.all(...args));
      return (rows as unknown as unknown[][]).map((row) => row.map(small));
    }
  }
  value(...params: Params): unknown[] | undefined {
    const args = bind(params);
    try {
      return this.#open.get(...args) as unknown as unknown[] | undefined;
    } catch (error) {
      const row = this.#wide(error, (open) => open.get(...args));
      return (row as unknown as unknown[] | undefined)?.map(small);
    }
  }
  finalize(): void {
    this.#statement = undefined;
  }
  /** Integers come as numbers, which is fast, until one is too large for it. */
  #wide<V>(error: unknown, read: (open: StatementSync) => V): V {
    if (!this.#isWide || !isOutOfRange(error)) throw error;
    const open = this.#open;
    open.setReadBigInts(true);
    try {
      return read(open);
    } finally {
      open.setReadBigInts(false);
    }
  }
  #row(values: unknown[]): T {
    const names = this.#names ??= this.#open.columns().map(({ name }) => name);
    const row: Row = {};
    for (let i = 0; i < names.length; i++) row[names[i]!] = values[i];
    return row as T;
  }
}

/** A connection to a database file. */
export class Database {
  readonly path: string;
  readonly int64: boolean;
  readonly unsafeHandle: DatabaseSync;
  constructor(
    path: string | URL,
    options: { readonly?: boolean; create?: boolean; int64?: boolean } = {},
  ) {
    this.path = path instanceof URL ? fileURLToPath(path) : path;
    this.int64 = options.int64 ?? false;
    if (options.create === false && !existsSync(this.path)) {
      throw new Error(`unable to open database file: ${this.path}`);
    }
    this.unsafeHandle = new DatabaseSync(this.path, {
      readOnly: options.readonly ?? false,
      enableForeignKeyConstraints: false,
    });
  }
  get open(): boolean {
    return this.unsafeHandle.isOpen;
  }
  get inTransaction(): boolean {
    return this.open && this.unsafeHandle.isTransaction;
  }
  get changes(): number {
    return Number(this.prepare("SELECT changes()").value()?.[0]);
  }
  prepare<T extends object = Row>(sql: string): Statement<T> {
    return new Statement<T>(this, sql);
  }
  /** Runs one statement with parameters, or several without. */
  exec(sql: string, ...params: Params): number {
    if (params.length > 0) return this.prepare(sql).run(...params);
    this.unsafeHandle.exec(sql);
    return this.changes;
  }
  close(): void {
    if (this.open) this.unsafeHandle.close();
  }
}
