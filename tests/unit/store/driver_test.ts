import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Database } from "@db/sqlite";
import { Connection, sqliteVersion } from "../../../lib/store/driver.ts";
import { StoreError } from "../../../lib/store/errors.ts";

/** A database file in a folder of its own. */
class Scratch implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/x.db`;

  constructor() {
    Deno.writeFileSync(this.path, new Uint8Array());
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

function kind(run: () => unknown): string {
  return assertThrows(run, StoreError).kind;
}

Deno.test("driver_contract_holds, reading one row leaves no lock", () => {
  using scratch = new Scratch();
  const db = new Connection(scratch.path);
  db.configure();
  db.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
  assertEquals(db.get("SELECT a FROM t"), { a: 1 });
  const other = new Connection(scratch.path, { busyTimeoutMs: 0 });
  other.run("DROP TABLE t");
  other.close();
  db.close();
});

Deno.test("driver_contract_holds, close really closes", () => {
  using scratch = new Scratch();
  const db = new Connection(scratch.path);
  db.configure();
  db.run("CREATE TABLE t (a)");
  db.get("SELECT a FROM t");
  // The last connection that closes removes the WAL.
  assertEquals(Deno.statSync(`${scratch.path}-wal`).isFile, true);
  db.close();
  db.close();
  assertEquals(db.isOpen, false);
  assertThrows(
    () => Deno.statSync(`${scratch.path}-wal`),
    Deno.errors.NotFound,
  );
});

Deno.test("driver_contract_holds, exec runs every statement", () => {
  using scratch = new Scratch();
  const db = new Connection(scratch.path);
  db.exec(
    "CREATE TABLE t (a); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)",
  );
  assertEquals(db.all("SELECT a FROM t"), [{ a: 1 }, { a: 2 }]);
  db.close();
});

Deno.test("driver_contract_holds, each read begins anew: nothing iterates", () => {
  using scratch = new Scratch();
  const db = new Connection(scratch.path);
  db.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
  const rows = [{ a: 1 }, { a: 2 }];
  assertEquals(db.get("SELECT a FROM t"), { a: 1 });
  assertEquals(db.all("SELECT a FROM t"), rows);
  assertEquals(db.all("SELECT a FROM t"), rows);
  db.exec("DROP TABLE t");
  db.close();
});

Deno.test("driver_contract_holds, a read that meets damage throws", () => {
  using scratch = new Scratch();
  const raw = new Database(scratch.path);
  raw.exec("CREATE TABLE t (a)");
  const insert = raw.prepare("INSERT INTO t VALUES (?)");
  for (let i = 0; i < 40; i++) insert.run("x".repeat(1000));
  raw.close();
  using file = Deno.openSync(scratch.path, { write: true });
  file.seekSync(-4096, Deno.SeekMode.End);
  file.writeSync(new Uint8Array(4096).fill(7));
  const db = new Connection(scratch.path);
  assertEquals(kind(() => db.all("SELECT a FROM t")), "corrupt");
  const last = "SELECT a FROM t WHERE rowid = 40";
  assertEquals(kind(() => db.get(last)), "corrupt");
  db.close();
});

Deno.test("driver_contract_holds, a closed statement throws", () => {
  using scratch = new Scratch();
  const raw = new Database(scratch.path);
  const statement = raw.prepare("SELECT 1 AS a");
  assertEquals(statement.get(), { a: 1 });
  raw.close();
  assertThrows(() => statement.get(), Error, "finalized");
  const db = new Connection(scratch.path);
  db.get("SELECT 1");
  db.close();
  assertThrows(() => db.get("SELECT 1"), StoreError);
});

Deno.test("driver_contract_holds, a reader does not block the writer", () => {
  using scratch = new Scratch();
  const db = new Connection(scratch.path, { busyTimeoutMs: 0 });
  db.configure();
  db.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
  const reader = new Connection(scratch.path, { readonly: true });
  reader.run("BEGIN");
  const count = () => reader.get("SELECT count(*) AS n FROM t");
  assertEquals(count(), { n: 2 });
  db.run("INSERT INTO t VALUES (3)");
  assertEquals(count(), { n: 2 });
  reader.run("COMMIT");
  assertEquals(count(), { n: 3 });
  assertEquals(kind(() => reader.run("DELETE FROM t")), "readonly");
  reader.close();
  db.close();
});

Deno.test("driver_contract_holds, integers keep 53 bits", () => {
  using scratch = new Scratch();
  const db = new Connection(scratch.path);
  const large = Number.MAX_SAFE_INTEGER;
  assertEquals(db.get("SELECT ? AS a, ? AS b", large, -large), {
    a: large,
    b: -large,
  });
  assertEquals(db.get("SELECT 9223372036854775807 AS a"), {
    a: 2n ** 63n - 1n,
  });
  db.close();
});

Deno.test("driver_contract_holds, errors carry their kind", () => {
  using scratch = new Scratch();
  const db = new Connection(scratch.path, { busyTimeoutMs: 0 });
  db.configure(16);
  db.exec("CREATE TABLE t (a TEXT PRIMARY KEY NOT NULL)");
  db.run("INSERT INTO t VALUES (?)", "x");
  const insert = () => db.run("INSERT INTO t VALUES (?)", "x");
  assertEquals(kind(insert), "constraint");
  assertEquals(assertThrows(insert, StoreError).transient, false);
  const other = new Connection(scratch.path, { busyTimeoutMs: 0 });
  other.run("BEGIN IMMEDIATE");
  assertEquals(kind(() => db.run("BEGIN IMMEDIATE")), "busy");
  other.run("ROLLBACK");
  other.close();
  assertEquals(
    kind(() => db.run("INSERT INTO t VALUES (?)", "y".repeat(100_000))),
    "full",
  );
  assertEquals(kind(() => db.run("SELECT nothing")), "other");
  db.close();
  assertEquals(
    kind(() => new Connection(`${scratch.folder}/none.db`)),
    "cannot-open",
  );
  Deno.writeTextFileSync(scratch.path, "no database ".repeat(1000));
  assertEquals(kind(() => new Connection(scratch.path)), "not-a-database");
});

Deno.test("Connection, a transaction that SQLite ended is seen", () => {
  using scratch = new Scratch();
  const db = new Connection(scratch.path);
  db.configure(16);
  db.run("CREATE TABLE t (a)");
  db.run("BEGIN IMMEDIATE");
  assertEquals(db.inTransaction, true);
  assertEquals(
    kind(() => db.run("INSERT INTO t VALUES (?)", "y".repeat(100_000))),
    "full",
  );
  assertEquals(db.inTransaction, false);
  db.close();
});

Deno.test("Connection, pragmas are set and read back", () => {
  using scratch = new Scratch();
  const db = new Connection(scratch.path);
  db.configure();
  assertEquals(db.pragma("journal_mode"), "wal");
  assertEquals(db.pragma("synchronous"), 2);
  assertEquals(db.pragma("foreign_keys"), 1);
  assertEquals(db.pragma("auto_vacuum"), 2);
  assertEquals(db.pragma("busy_timeout"), 500);
  const error = assertThrows(
    () => db.setPragma("page_size", 123),
    StoreError,
    "page_size",
  );
  assertEquals(error.kind, "cannot-open");
  db.close();
});

Deno.test("Connection, the error names file, doing and remedy", () => {
  using scratch = new Scratch();
  const seen: StoreError[] = [];
  const db = new Connection(scratch.path, {
    onError: (error) => seen.push(error),
  });
  db.configure(8);
  db.run("CREATE TABLE t (a)");
  const error = assertThrows(
    () => db.run("INSERT INTO t VALUES (?)", "y".repeat(100_000)),
    StoreError,
  );
  assertStringIncludes(error.message, `write to ${scratch.path}`);
  assertStringIncludes(error.hint, "Free space");
  assertInstanceOf(error.cause, Error);
  assertEquals(seen, [error]);
  db.close();
});

Deno.test("Connection, backup copies committed rows", async () => {
  using scratch = new Scratch();
  const db = new Connection(scratch.path);
  db.configure();
  db.exec("CREATE TABLE t (a); INSERT INTO t VALUES (7)");
  const target = `${scratch.folder}/copy.db`;
  await db.backup(target);
  const copy = new Connection(target, { readonly: true });
  assertEquals(copy.get("SELECT a FROM t"), { a: 7 });
  copy.close();
  db.close();
});

Deno.test("sqliteVersion, names a release", () => {
  assertMatch(sqliteVersion(), /^3\.\d+\.\d+$/);
});
