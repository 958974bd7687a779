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

/** A value as node:sqlite takes it: it refuses `undefined` and booleans. */
const bound = (value: Value) =>
  typeof value === "boolean" ? Number(value) : value ?? null;

/** Whether a parameter is not yet as node:sqlite takes it. */
const isUnbound = (value: Params[number]) =>
  typeof value !== "string" && typeof value !== "number";

/** A row as the real package gives it: plain, safe integers as numbers. */
function plain<T>(row: Row): T {
  const copy: Row = { ...row };
  for (const name in copy) {
    const value = copy[name];
    if (typeof value !== "bigint") continue;
    if (Number.isSafeInteger(Number(value))) copy[name] = Number(value);
  }
  return copy as T;
}

/** A prepared statement. */
export class Statement<T extends object = Row> {
  #statement: StatementSync | undefined;
  constructor(readonly db: Database, sql: string) {
    this.#statement = db.unsafeHandle.prepare(sql);
    this.#statement.setReadBigInts(db.int64);
  }
  /** One list of values, or one object of named ones. */
  #args(params: Params): [StatementSync, ...never[]] {
    if (!this.#statement) throw new Error("Statement has been finalized");
    // Nearly always a few numbers and texts, which may go as they are.
    if (!params.some(isUnbound)) return [this.#statement, ...params as never[]];
    const [first] = params;
    const set = typeof first === "object" && !(first instanceof Uint8Array)
      ? first ?? params
      : params;
    const args = Array.isArray(set) ? (set as Value[]).map(bound) : [
      Object.fromEntries(Object.entries(set).map(([k, v]) => [k, bound(v)])),
    ];
    return [this.#statement, ...args as never[]];
  }
  run(...params: Params): number {
    const [statement, ...args] = this.#args(params);
    return Number(statement.run(...args).changes);
  }
  get(...params: Params): T | undefined {
    const [statement, ...args] = this.#args(params);
    const row = statement.get(...args);
    return row && plain<T>(row);
  }
  all(...params: Params): T[] {
    const [statement, ...args] = this.#args(params);
    return statement.all(...args).map((row) => plain<T>(row));
  }
  values(...params: Params): unknown[][] {
    return this.all(...params).map(Object.values);
  }
  value(...params: Params): unknown[] | undefined {
    return this.values(...params)[0];
  }
  finalize(): void {
    this.#statement = undefined;
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
