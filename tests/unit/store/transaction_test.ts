import { assertEquals, assertExists, assertThrows } from "@std/assert";
import { commit, Place, pod } from "./support.ts";

function entry(msgId: string, type = "podstatus", resource = "default/x/y") {
  return {
    msgId,
    resource,
    type,
    operation: "update",
    text: `{"id":"${msgId}"}`,
    createdAtMs: 5,
  };
}

Deno.test("put, inserts and replaces one row per key with rising revisions", () => {
  using place = new Place();
  const store = place.open();
  assertEquals(commit(store, (tx) => tx.put(pod("a"))), 1);
  assertEquals(commit(store, (tx) => tx.put(pod("b"))), 2);
  const next = pod("a", { version: "18446744073709551615", uid: "other" });
  assertEquals(commit(store, (tx) => tx.put(next)), 3);
  assertEquals(store.get("default/pod/a"), { ...next, revision: 3 });
  assertEquals(store.revision(), 3);
  assertEquals(store.get("default/pod/none"), undefined);
});

Deno.test("put, a transaction reads what it wrote", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.put(pod("a"));
    assertEquals(tx.get("default/pod/a")?.revision, 1);
    assertEquals(tx.list("pod").length, 1);
    assertEquals(tx.revision(), 1);
  });
});

Deno.test("list, is by type and namespace in the order of keys", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.put(pod("b"));
    tx.put(pod("a"));
    tx.put(pod("x", { key: "default/configmap/x", type: "configmap" }));
    tx.put(pod("n", { key: "default-2/pod/n" }));
    tx.put(pod("m", { key: "def/pod/m" }));
  });
  const keys = (namespace?: string) =>
    store.list("pod", namespace).map((row) => row.key);
  assertEquals(keys("default"), ["default/pod/a", "default/pod/b"]);
  assertEquals(keys("def"), ["def/pod/m"]);
  assertEquals(keys(), [
    "def/pod/m",
    "default-2/pod/n",
    "default/pod/a",
    "default/pod/b",
  ]);
  assertEquals(store.list("secret"), []);
});

Deno.test("remove, leaves a tombstone with the higher version", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.put(pod("a", { version: "9" }));
    tx.put(pod("b", { version: "9" }));
  });
  assertEquals(commit(store, (tx) => tx.remove("default/pod/a", "10")), 3);
  assertEquals(commit(store, (tx) => tx.remove("default/pod/b", "8")), 4);
  assertEquals(store.list("pod"), []);
  assertEquals(store.tombstone("default/pod/a"), {
    key: "default/pod/a",
    type: "pod",
    uid: "uid-a",
    version: "10",
    source: "edgecontroller",
    revision: 3,
    deletedAtMs: store.runningMs(),
  });
  assertEquals(store.tombstone("default/pod/b")?.version, "9");
});

Deno.test("tombstone, the newest of a key, or of one object", () => {
  using place = new Place();
  const store = place.open();
  for (const uid of ["one", "two", "one"]) {
    commit(store, (tx) => tx.put(pod("a", { uid })));
    commit(store, (tx) => tx.remove("default/pod/a"));
  }
  assertEquals(store.tombstone("default/pod/a")?.revision, 6);
  assertEquals(store.tombstone("default/pod/a", "")?.revision, 6);
  assertEquals(store.tombstone("default/pod/a", "two")?.revision, 4);
  assertEquals(store.tombstone("default/pod/a", "three"), undefined);
  assertEquals(store.tombstone("default/pod/b"), undefined);
});

Deno.test("drop, leaves neither tombstone nor revision", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  assertEquals(commit(store, (tx) => tx.drop("default/pod/a")), true);
  assertEquals(commit(store, (tx) => tx.drop("default/pod/a")), false);
  assertEquals(store.get("default/pod/a"), undefined);
  assertEquals(store.tombstone("default/pod/a"), undefined);
  assertEquals(store.revision(), 1);
});

Deno.test("enqueue, keeps order, one row per message", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.enqueue(entry("m1"));
    tx.enqueue(entry("m2"));
    tx.enqueue({ ...entry("m1"), text: "later" });
  });
  const rest = { attempts: 0, parkedAtMs: 0, bytes: 11 };
  assertEquals(store.outbox(0, 10), [
    { id: 1, ...entry("m1"), ...rest },
    { id: 2, ...entry("m2"), ...rest },
  ]);
  assertEquals(store.outbox(1, 10).map((row) => row.msgId), ["m2"]);
  assertEquals(store.outbox(0, 1).map((row) => row.msgId), ["m1"]);
  assertEquals(store.outboxLength(), 2);
});

Deno.test("enqueue, ids rise although the outbox runs empty", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.enqueue(entry("m1")));
  commit(store, (tx) => tx.confirm("m1"));
  commit(store, (tx) => tx.enqueue(entry("m2")));
  assertEquals(store.outbox(1, 10).map((row) => row.msgId), ["m2"]);
});

Deno.test("confirm, removes exactly the message", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.enqueue(entry("m1"));
    tx.enqueue(entry("m2"));
  });
  assertEquals(commit(store, (tx) => tx.confirm("m1")), true);
  assertEquals(commit(store, (tx) => tx.confirm("m1")), false);
  assertEquals(store.outbox(0, 10).map((row) => row.msgId), ["m2"]);
});

Deno.test("dropOutbox, removes every message about a resource", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.enqueue(entry("m1", "podstatus", "default/podstatus/a"));
    tx.enqueue(entry("m2", "podstatus", "default/podstatus/b"));
    tx.enqueue(entry("m3", "pod", "default/podstatus/a"));
  });
  const drop = () =>
    commit(store, (tx) => tx.dropOutbox("default/podstatus/a"));
  assertEquals(drop(), 2);
  assertEquals(drop(), 0);
  assertEquals(store.outbox(0, 10).map((row) => row.msgId), ["m2"]);
});

Deno.test("trimOutbox, removes the oldest of a type beyond the bound", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.enqueue(entry("s1"));
    for (const id of ["e1", "e2", "e3"]) tx.enqueue(entry(id, "event"));
  });
  const trim = (rows: number, bytes = 1000) =>
    commit(store, (tx) => tx.trimOutbox("event", { rows, bytes }));
  assertEquals(trim(3), 0);
  assertEquals(trim(3, 33), 0);
  assertEquals(trim(3, 32), 1);
  assertEquals(trim(1), 1);
  assertEquals(trim(0, 0), 0, "never the newest");
  assertEquals(store.outbox(0, 9).map((row) => row.msgId), ["s1", "e3"]);
});

Deno.test("markSynced, speaks of a type, or of all", () => {
  using place = new Place();
  const store = place.open();
  assertEquals(store.isSynced("pod"), false);
  commit(store, (tx) => tx.markSynced("pod"));
  commit(store, (tx) => tx.markSynced("pod"));
  assertEquals(store.isSynced("pod"), true);
  assertEquals(store.isSynced("secret"), false);
  commit(store, (tx) => tx.markSynced("*"));
  assertEquals(store.isSynced("secret"), true);
});

Deno.test("changesSince, rows and deletes rise by revision", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.put(pod("a"));
    tx.put(pod("b"));
    tx.put(pod("c"));
    tx.remove("default/pod/b");
    tx.put(pod("a", { version: "2" }));
  });
  const { complete, until, ...found } = store.changesSince(2);
  const changes = [...found.changes];
  assertEquals([complete, until], [true, 5]);
  assertEquals(changes.map((change) => [change.kind, change.revision]), [
    ["row", 3],
    ["tombstone", 4],
    ["row", 5],
  ]);
  assertEquals(changes[0], {
    kind: "row",
    revision: 3,
    key: "default/pod/c",
  });
  const tombstone = store.tombstone("default/pod/b");
  assertExists(tombstone);
  assertEquals(changes[1], { kind: "tombstone", revision: 4, tombstone });
  assertEquals(store.changesSince(5), { changes: [], complete, until });
});

Deno.test("changesSince, zero and the unknown future mean everything", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.put(pod("a"));
    tx.put(pod("b"));
    tx.remove("default/pod/a");
  });
  const all = [["row", 2], ["tombstone", 3]];
  for (const [since, complete] of [[0, true], [99, false]] as const) {
    const found = store.changesSince(since);
    assertEquals([...found.changes].map((c) => [c.kind, c.revision]), all);
    assertEquals([found.complete, found.until], [complete, 3]);
  }
});

Deno.test("revision_order_has_no_gap_or_swap, undone revisions are given again", () => {
  using place = new Place();
  const store = place.open();
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("a")));
  batch.rollback();
  assertEquals(commit(store, (tx) => tx.put(pod("a"))), 1);
});

Deno.test("revision_order_has_no_gap_or_swap, none is given twice over a kill", () => {
  using place = new Place();
  const store = place.open();
  // Across the ceiling that the file holds.
  const batch = store.batch();
  for (let i = 0; i < 1500; i++) {
    batch.message(() => batch.tx.put(pod("a")));
  }
  batch.commit();
  assertEquals(store.revision(), 1500);
  using killed = place.afterKill();
  const after = killed.open();
  const revision = commit(after, (tx) => tx.put(pod("b")));
  assertEquals(revision > 1500, true);
  assertEquals(revision, after.revision());
  store.close();
  assertEquals(commit(place.open(), (tx) => tx.put(pod("b"))), 1501);
});

Deno.test("revision_order_has_no_gap_or_swap, an undone ceiling is written again", () => {
  using place = new Place();
  const store = place.open();
  const batch = store.batch();
  for (let i = 0; i < 1024; i++) {
    batch.message(() => batch.tx.put(pod("a")));
  }
  assertThrows(() =>
    batch.message(() => {
      batch.tx.put(pod("b"));
      throw new Error("undone, and the ceiling with it");
    })
  );
  batch.message(() => batch.tx.put(pod("c")));
  batch.commit();
  using killed = place.afterKill();
  assertEquals(killed.open().revision() >= 1025, true);
});

Deno.test("stats, counts what is stored", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.put(pod("a"));
    tx.put(pod("b"));
    tx.put(pod("s", { key: "default/secret/s", type: "secret" }));
    tx.remove("default/pod/b");
    tx.enqueue({ ...entry("m1"), createdAtMs: place.clock.nowMs });
    tx.enqueue({ ...entry("m2"), createdAtMs: place.clock.nowMs + 500 });
  });
  place.clock.nowMs += 3000;
  const { bytes, ...stats } = store.stats();
  assertEquals(stats, {
    objects: { pod: 1, secret: 1 },
    outbox: 2,
    outboxBytes: 22,
    outboxByType: { podstatus: { rows: 2, bytes: 22 } },
    outboxParked: 0,
    outboxAgeMs: 3000,
    tombstones: 1,
    revision: 4,
  });
  const size = (name: string) => Deno.statSync(name).size;
  assertEquals(bytes, size(place.path) + size(`${place.path}-wal`));
});
