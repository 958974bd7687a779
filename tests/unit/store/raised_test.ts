import { assertEquals, assertThrows } from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";
import type { SqliteStore } from "../../../lib/store/mod.ts";
import { commit, Place, pod } from "./support.ts";

const KEY = "default/pod/a";

function raise(store: SqliteStore, version: string): void {
  commit(store, (tx) => tx.raise(KEY, version, `{"v":${version}}`));
}

/** Version of a key in the file, whatever the open store says. */
function stored(place: Place, key = KEY): string | undefined {
  using killed = place.afterKill();
  return killed.open().get(key)?.version;
}

Deno.test("raise, is seen at once and written by nothing of its own", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  raise(store, "2");
  assertEquals(store.get(KEY)?.version, "2");
  assertEquals(store.get(KEY)?.value, '{"v":2}');
  assertEquals(store.get(KEY)?.revision, 1);
  assertEquals(store.list("pod")[0]?.version, "2");
  assertEquals(store.revision(), 1);
  assertEquals(stored(place), "1");
});

Deno.test("raise, goes with the next commit that writes", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  raise(store, "2");
  commit(store, (tx) => tx.put(pod("b")));
  assertEquals(stored(place), "2");
  assertEquals(store.get(KEY)?.version, "2");
  assertEquals(store.scrubStep("", 10).bad, []);
});

Deno.test("raise, goes with the close", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  raise(store, "2");
  store.close();
  assertEquals(place.open().get(KEY)?.version, "2");
});

Deno.test("raise, is undone with its message", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  const batch = store.batch();
  batch.message(() => batch.tx.raise(KEY, "2", "{}"));
  assertThrows(() =>
    batch.message(() => {
      batch.tx.raise(KEY, "3", "{}");
      batch.tx.raise(KEY, "4", "{}");
      throw new Error("no");
    })
  );
  assertEquals(batch.tx.get(KEY)?.version, "2");
  batch.commit();
  assertEquals(store.get(KEY)?.version, "2");
});

Deno.test("raise, is undone with its batch, back to what it was before", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  raise(store, "2");
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("a", { version: "3" })));
  assertEquals(batch.tx.get(KEY)?.version, "3");
  batch.rollback();
  assertEquals(store.get(KEY)?.version, "2");
});

Deno.test("raise, a later put or delete is not overlaid", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  raise(store, "2");
  commit(store, (tx) => tx.put(pod("a", { version: "3" })));
  assertEquals(store.get(KEY)?.version, "3");
  raise(store, "4");
  commit(store, (tx) => tx.remove(KEY));
  assertEquals(store.tombstone(KEY)?.version, "4");
  commit(store, (tx) => tx.put(pod("a", { version: "5" })));
  raise(store, "6");
  commit(store, (tx) => tx.drop(KEY));
  commit(store, (tx) => tx.put(pod("a", { version: "1" })));
  assertEquals(store.get(KEY)?.version, "1");
  assertEquals(stored(place), "1");
});

Deno.test("raise, at the bound they are written alone", () => {
  using place = new Place();
  const store = place.open();
  const names = Array.from({ length: LIMITS.raisedVersionsMax }, (_, i) => i);
  commit(store, (tx) => names.forEach((i) => tx.put(pod(`${i}`))));
  commit(store, (tx) => {
    for (const i of names.slice(1)) tx.raise(`default/pod/${i}`, "2", "{}");
  });
  assertEquals(stored(place, "default/pod/1"), "1");
  commit(store, (tx) => tx.raise("default/pod/0", "2", "{}"));
  assertEquals(stored(place, "default/pod/1"), "2");
});

Deno.test("raise, large values are bounded by their length", () => {
  using place = new Place();
  const store = place.open();
  commit(store, (tx) => tx.put(pod("a")));
  const value = `"${"x".repeat(1024 * 1024)}"`;
  commit(store, (tx) => tx.raise(KEY, "2", value));
  assertEquals(stored(place), "2");
});
