import { assertEquals, assertThrows } from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";
import { Connection } from "../../../lib/store/driver.ts";
import type { SqliteStore } from "../../../lib/store/mod.ts";
import { commit, Place, pod } from "./support.ts";

function entry(msgId: string, type = "podstatus") {
  return {
    msgId,
    resource: `default/${type}/${msgId}`,
    type,
    operation: "update",
    text: `{"id":"${msgId}"}`,
    createdAtMs: 5,
  };
}

/** What the file itself says, counted anew. */
function counted(path: string) {
  const db = new Connection(path, { readonly: true });
  const use = db.get<{ rows: number; bytes: number }>(
    "SELECT count(*) AS rows, coalesce(sum(length(CAST(text AS BLOB))), 0) " +
      "AS bytes FROM outbox",
  );
  db.close();
  return use;
}

const attempts = (store: SqliteStore) =>
  store.outboxInfo(0).map((row) => [row.msgId, row.attempts]);

Deno.test("outboxUse, counts what is there, whatever was undone", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.enqueue({ ...entry("é"), text: '"é"' });
    tx.enqueue(entry("e1", "event"));
  });
  assertEquals(store.outboxUse("podstatus"), { rows: 1, bytes: 4 });
  const batch = store.batch();
  batch.message(() => batch.tx.enqueue(entry("kept")));
  assertThrows(() =>
    batch.message(() => {
      batch.tx.enqueue(entry("undone"));
      batch.tx.confirm("é");
      batch.tx.dropOutbox("default/event/e1");
      throw new Error("no");
    })
  );
  assertEquals(batch.tx.outboxUse(), { rows: 3, bytes: 28 });
  batch.commit();
  assertEquals(store.outboxUse(), counted(place.path));
  const lost = store.batch();
  lost.message(() => lost.tx.dropOutboxRow(1));
  lost.rollback();
  assertEquals(store.outboxUse(), counted(place.path));
  assertEquals(store.stats().outboxByType, {
    event: { rows: 1, bytes: 11 },
    podstatus: { rows: 2, bytes: 17 },
  });
  store.close();
  assertEquals(place.open().outboxUse(), { rows: 3, bytes: 28 });
});

Deno.test("outbox reads, a row, the newest about a resource, all without texts", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.enqueue({ ...entry("m1"), resource: "r" });
    tx.enqueue({ ...entry("m2"), resource: "r", operation: "delete" });
    tx.enqueue(entry("m3"));
  });
  assertEquals(store.outboxRow(2)?.text, entry("m2").text);
  assertEquals(store.outboxRow(9), undefined);
  assertEquals(store.outboxLast("r")?.operation, "delete");
  assertEquals(store.outboxLast("none"), undefined);
  assertEquals(store.outboxInfo(1).map(({ msgId }) => msgId), ["m2", "m3"]);
  assertEquals("text" in (store.outboxInfo(0)[0] ?? {}), false);
  assertEquals(commit(store, (tx) => tx.dropOutboxRow(2)), true);
  assertEquals(commit(store, (tx) => tx.dropOutboxRow(2)), false);
});

Deno.test("noteUnanswered, parks a message after three connections", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.enqueue(entry("m1")));
  for (let i = 1; i < LIMITS.outboxAttemptsMax; i++) store.noteUnanswered(1);
  assertEquals(store.stats().outboxParked, 0);
  assertEquals(store.outboxRow(1)?.attempts, LIMITS.outboxAttemptsMax - 1);
  store.noteUnanswered(1);
  assertEquals(store.stats().outboxParked, 1);
  assertEquals(store.outbox(0, 1)[0]?.parkedAtMs, place.clock.nowMs);
  assertEquals(store.outboxLast("default/podstatus/m1")?.attempts, 3);
});

Deno.test("noteUnanswered, is written with the next commit that writes, never alone", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.enqueue(entry("m1"));
    tx.put(pod("a"));
  });
  const wal = () => Deno.readFileSync(`${place.path}-wal`);
  const before = wal();
  store.noteUnanswered(1);
  commit(store, (tx) => tx.get("default/pod/a"));
  assertEquals(wal(), before);
  using killed = place.afterKill();
  assertEquals(attempts(killed.open()), [["m1", 0]]);
  commit(store, (tx) => tx.put(pod("a", { version: "2" })));
  using later = place.afterKill();
  assertEquals(attempts(later.open()), [["m1", 1]]);
  store.noteUnanswered(1);
  store.close();
  assertEquals(attempts(place.open()), [["m1", 2]]);
});

Deno.test("unpark, forgets the attempts at once, unless it is undone", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.enqueue(entry("m1")));
  for (let i = 0; i < 3; i++) store.noteUnanswered(1);
  const batch = store.batch();
  batch.message(() => batch.tx.unpark(1));
  batch.rollback();
  assertEquals(store.stats().outboxParked, 1);
  assertEquals(commit(store, (tx) => tx.unpark(9)), false);
  assertEquals(commit(store, (tx) => tx.unpark(1)), true);
  assertEquals(store.stats().outboxParked, 0);
  using killed = place.afterKill();
  assertEquals(attempts(killed.open()), [["m1", 0]]);
});

Deno.test("a message that leaves takes its attempts along", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.enqueue(entry("m1")));
  for (let i = 0; i < 3; i++) store.noteUnanswered(1);
  const batch = store.batch();
  batch.message(() => batch.tx.confirm("m1"));
  batch.rollback();
  assertEquals(store.stats().outboxParked, 1);
  commit(store, (tx) => tx.confirm("m1"));
  assertEquals(store.stats().outboxParked, 0);
  commit(store, (tx) => tx.enqueue(entry("m2")));
  assertEquals(attempts(store), [["m2", 0]]);
});
