import { assertEquals, assertThrows } from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";
import { Connection } from "../../../lib/store/driver.ts";
import type { MetaHead, SqliteStore } from "../../../lib/store/mod.ts";
import { Heads } from "../../../lib/store/heads.ts";
import { commit, Place, pod } from "./support.ts";

const KEY = "default/pod/a";

function headOf(version: string, digest?: number): MetaHead {
  const { value: _, ...rest } = pod("a", { version });
  return { ...rest, digest };
}

/** What the store says of the object must be what is in the file. */
function assertTrue(store: SqliteStore): void {
  const { digest: _, ...head } = store.head(KEY) ?? { key: "" };
  assertEquals({ ...store.get(KEY), ...head }, { key: "", ...store.get(KEY) });
  assertEquals("version" in head, store.get(KEY) !== undefined);
}

Deno.test("head, is the object without its value, with the digest it was given", () => {
  using place = new Place();
  const store = place.open();
  assertEquals(store.head(KEY), undefined);
  commit(store, (tx) => tx.put({ ...pod("a"), digest: 7 }));
  assertEquals(store.head(KEY), headOf("1", 7));
  commit(store, (tx) => tx.put(pod("a", { version: "2" })));
  assertEquals(store.head(KEY), headOf("2"));
});

Deno.test("head, is what was written last, whatever of it is as before", () => {
  using place = new Place();
  const store = place.open();
  const row = { ...pod("a"), digest: 7 };
  commit(store, (tx) => tx.put(row));
  const changes = [
    { version: "2" },
    { uid: "other" },
    { created: "2030-01-01T00:00:00Z" },
    { source: "edgecontroller-2" },
    { type: "pod2" },
    { digest: 8 },
    { digest: undefined },
  ];
  for (const change of changes) {
    const written = { ...row, ...change };
    commit(store, (tx) => tx.put(written));
    const { value: _, ...head } = written;
    assertEquals(store.head(KEY), head);
    const { digest: __, ...stored } = written;
    assertEquals(store.get(KEY), { ...stored, revision: store.revision() });
    // Also found by its type.
    assertEquals(store.list(written.type).length, 1);
  }
});

Deno.test("head, is read from the file after a start, raised versions included", () => {
  using place = new Place();
  commit(place.open(), (tx) => tx.put({ ...pod("a"), digest: 7 }));
  using killed = place.afterKill();
  const store = killed.open();
  assertEquals(store.head(KEY), store.get(KEY));
  commit(store, (tx) => tx.raise(KEY, "2", '{"v":2}'));
  assertEquals(store.head(KEY), store.get(KEY));
  assertEquals(store.head(KEY)?.value, '{"v":2}');
});

Deno.test("head, keeps its digest when only the version rises", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put({ ...pod("a"), digest: 7 }));
  commit(store, (tx) => tx.raise(KEY, "2", "{}"));
  assertEquals(store.head(KEY), headOf("2", 7));
  commit(store, (tx) => tx.put(pod("b")));
  assertEquals(store.head(KEY), headOf("2", 7));
});

Deno.test("head, goes with the object", () => {
  using place = new Place();
  const store = place.open();
  for (const how of ["remove", "drop"] as const) {
    commit(store, (tx) => tx.put(pod("a")));
    commit(store, (tx) => tx[how](KEY));
    assertEquals(store.head(KEY), undefined, how);
  }
});

Deno.test("head, is what was before once a message, a batch or a COMMIT is undone", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  const changes: ((tx: ReturnType<SqliteStore["batch"]>["tx"]) => void)[] = [
    (tx) => tx.put(pod("a", { version: "2" })),
    (tx) => tx.raise(KEY, "2", "{}"),
    (tx) => tx.remove(KEY),
    (tx) => tx.drop(KEY),
  ];
  for (const change of changes) {
    const batch = store.batch();
    batch.message(() => batch.tx.put(pod("b")));
    assertThrows(() =>
      batch.message(() => {
        change(batch.tx);
        throw new TypeError("no");
      }), TypeError);
    assertTrue(store);
    assertEquals(store.head(KEY)?.version, "1");
    batch.message(() => change(batch.tx));
    assertTrue(store);
    batch.rollback();
    assertTrue(store);
    assertEquals(store.head(KEY)?.version, "1");
  }
});

Deno.test("head, is not believed after a statement that failed, also within an operation that goes on", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => {
    tx.put(pod("a"));
    tx.put(pod("b"));
  });
  const other = new Connection(place.path);
  other.exec("DROP TABLE tombstones");
  other.close();
  const batch = store.batch();
  batch.message(() => {
    assertThrows(() => batch.tx.remove(KEY));
    // The row went before its tombstone could not be written.
    assertTrue(store);
  });
  batch.rollback();
  assertTrue(store);
});

Deno.test("Heads, remembers no uid of megabytes, and forgets what it knew of the object", () => {
  const heads = new Heads();
  for (const field of ["uid", "created", "source", "version"]) {
    heads.set(headOf("1"));
    heads.set({ ...headOf("2"), [field]: "x".repeat(1024) });
    assertEquals(heads.get(KEY), undefined, field);
  }
  const long = { ...headOf("1"), uid: "x".repeat(900) };
  heads.set(long);
  assertEquals(heads.get(KEY), long);
});

Deno.test("Heads, forgets what was written long ago at its bound", () => {
  const heads = new Heads();
  const of = (i: number) => ({ ...headOf("1"), key: `default/pod/${i}` });
  const half = LIMITS.headsMax / 2;
  for (let i = 0; i < 2 * half - 1; i++) heads.set(of(i));
  assertEquals(heads.get("default/pod/0"), of(0));
  heads.set(of(2 * half - 1));
  assertEquals(heads.get("default/pod/0"), undefined);
  assertEquals(heads.get(`default/pod/${half}`), of(half));
  heads.delete(`default/pod/${half}`);
  assertEquals(heads.get(`default/pod/${half}`), undefined);
  heads.raise("default/pod/none", "2");
  assertEquals(heads.get("default/pod/none"), undefined);
  heads.clear();
  assertEquals(heads.get(`default/pod/${half + 1}`), undefined);
});
