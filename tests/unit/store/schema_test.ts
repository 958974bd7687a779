import { assertEquals, assertThrows } from "@std/assert";
import { Connection } from "../../../lib/store/driver.ts";
import { StoreError } from "../../../lib/store/mod.ts";
import {
  APPLICATION_ID,
  migrate,
  MIGRATIONS,
} from "../../../lib/store/schema.ts";
import { commit, Place, pod } from "./support.ts";

Deno.test("store_migrates_in_place, the migrations are numbered without a gap", () => {
  assertEquals(
    MIGRATIONS.map((migration) => migration.version),
    MIGRATIONS.map((_, i) => i + 1),
  );
});

Deno.test("store_migrates_in_place, a file says whose it is and how new", () => {
  using place = new Place();
  place.open().close();
  const db = new Connection(place.path);
  assertEquals(db.pragma("application_id"), APPLICATION_ID);
  assertEquals(db.pragma("user_version"), MIGRATIONS.length);
  assertEquals(db.pragma("auto_vacuum"), 2);
  db.close();
});

Deno.test("store_migrates_in_place, a newer schema is refused with both numbers", () => {
  using place = new Place();
  place.open().close();
  const db = new Connection(place.path);
  db.exec("PRAGMA user_version=41");
  db.close();
  const before = Deno.readFileSync(place.path);
  const error = assertThrows(() => place.open(), StoreError, "schema is 41");
  assertEquals(error.kind, "newer-schema");
  assertEquals(error.message.endsWith(`up to ${MIGRATIONS.length}`), true);
  assertEquals(Deno.readFileSync(place.path), before);
});

Deno.test("store_migrates_in_place, an interrupted step is run again whole", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  store.close();
  const db = new Connection(place.path);
  const last = MIGRATIONS.length;
  const good = { version: last + 1, sql: "CREATE TABLE one (a)" };
  const bad = {
    version: last + 2,
    sql: "CREATE TABLE two (a); INSERT INTO nowhere VALUES (1)",
  };
  assertThrows(() => migrate(db, [...MIGRATIONS, good, bad]), StoreError);
  assertEquals(db.inTransaction, false);
  assertEquals(db.pragma("user_version"), last + 1);
  migrate(db, [...MIGRATIONS, good, {
    version: last + 2,
    sql: "CREATE TABLE two (a)",
  }]);
  assertEquals(db.pragma("user_version"), last + 2);
  assertEquals(db.get("SELECT key FROM meta"), { key: "default/pod/a" });
  db.close();
});

Deno.test("store_migrates_in_place, a kill within a step leaves the one before", () => {
  using place = new Place();
  place.open().close();
  const db = new Connection(place.path);
  db.configure();
  db.run("BEGIN IMMEDIATE");
  db.exec("CREATE TABLE half (a); PRAGMA user_version=2");
  using killed = place.afterKill();
  db.run("ROLLBACK");
  db.close();
  const store = killed.open();
  assertEquals(store.problems, []);
  assertEquals(commit(store, (tx) => tx.put(pod("a"))), 1);
});

Deno.test("store_migrates_in_place, outbox rows of schema 1 keep their order and text", () => {
  using place = new Place();
  Deno.writeTextFileSync(place.path, "");
  const db = new Connection(place.path);
  migrate(db, MIGRATIONS.slice(0, 1));
  const texts = ['{"route":{"operation":"update"},"x":"é"}', "{", "{}"];
  for (const [i, text] of texts.entries()) {
    db.run(
      "INSERT INTO outbox (id, msg_id, resource, type, created_at, text) " +
        "VALUES (?, ?, 'r', 'event', 5, ?)",
      7 + i,
      `m${i}`,
      text,
    );
  }
  db.close();
  const store = place.open();
  assertEquals(
    store.outbox(0, 9).map(({ id, msgId, operation, bytes, text }) => [
      id,
      msgId,
      operation,
      bytes,
      text,
    ]),
    [
      [7, "m0", "update", 41, texts[0]],
      [8, "m1", "", 1, texts[1]],
      [9, "m2", "", 2, texts[2]],
    ],
  );
  assertEquals(store.outboxUse(), { rows: 3, bytes: 44 });
});
