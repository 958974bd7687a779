import { assertEquals, assertThrows } from "@std/assert";
import { Database } from "@db/sqlite";

Deno.test("Statement, values go in and come out as the real package does it", () => {
  const db = new Database(":memory:", { int64: true });
  db.exec("CREATE TABLE t (a, b)");
  const insert = db.prepare("INSERT INTO t VALUES (?, ?)");
  assertEquals(insert.run(1, "x"), 1);
  insert.run([true, undefined]);
  insert.run(2n ** 60n, new Uint8Array([1]));
  insert.run(null);
  assertEquals(db.exec("INSERT INTO t VALUES (:a, :b)", { a: 2, b: 3 }), 1);
  assertEquals(db.changes, 1);
  assertEquals(db.prepare("SELECT a, b FROM t").values(), [
    [1, "x"],
    [1, null],
    [2n ** 60n, new Uint8Array([1])],
    [null, null],
    [2, 3],
  ]);
  const one = db.prepare("SELECT a FROM t WHERE b = ?");
  assertEquals(one.get("x"), { a: 1 });
  assertEquals(one.value(3), [2]);
  assertEquals(one.get("none"), undefined);
  assertEquals(one.value("none"), undefined);
  one.finalize();
  assertThrows(() => one.get("x"), Error, "finalized");
  db.close();
});

Deno.test("Database, opens files by path or URL, once created", () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/x.db`;
  assertThrows(() => new Database(path, { create: false }), Error, "open");
  const db = new Database(new URL(`file://${path}`));
  assertEquals(db.path, path);
  db.exec("BEGIN; CREATE TABLE t (a)");
  assertEquals(db.inTransaction, true);
  db.exec("COMMIT");
  db.close();
  db.close();
  assertEquals([db.open, db.inTransaction], [false, false]);
  const reader = new Database(path, { readonly: true });
  assertThrows(() => reader.exec("DROP TABLE t"), Error, "readonly");
  reader.close();
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("Statement, a large integer comes whole, the small ones beside and after it as numbers", () => {
  const db = new Database(":memory:", { int64: true });
  db.exec("CREATE TABLE t (a, b)");
  db.prepare("INSERT INTO t VALUES (?, ?)").run(2n ** 60n, 7);
  db.prepare("INSERT INTO t VALUES (?, ?)").run(1, 8);
  const all = db.prepare("SELECT a, b FROM t WHERE b >= ? ORDER BY b");
  const wide = [{ a: 2n ** 60n, b: 7 }, { a: 1, b: 8 }];
  assertEquals(all.all(7), wide);
  assertEquals(all.get(8), { a: 1, b: 8 });
  assertEquals(all.all(7), wide);
  const narrow = new Database(":memory:");
  const one = narrow.prepare(`SELECT ${2n ** 60n}`);
  assertThrows(() => one.get(), RangeError);
  db.close();
  narrow.close();
});
