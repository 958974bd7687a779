import { assert, assertEquals } from "@std/assert";
import type { SqliteStore } from "../../../lib/store/mod.ts";
import { commit, Place, pod } from "./support.ts";

/** Writes and removes an object, `count` times in one commit. */
function churn(store: SqliteStore, count: number): void {
  commit(store, (tx) => {
    for (let i = 0; i < count; i++) {
      tx.put(pod(`${i}`));
      tx.remove(`default/pod/${i}`);
    }
  });
}

Deno.test("TombstonePruner, the oldest beyond the count go", () => {
  using place = new Place();
  const store = place.open({
    tombstoneLimits: { countMax: 100, ageMs: Infinity },
  });
  churn(store, 600);
  assertEquals(store.stats().tombstones, 100);
  assertEquals(store.changesSince(999).complete, false);
  const { changes, complete } = store.changesSince(1000);
  assertEquals([changes.length, complete], [100, true]);
});

Deno.test("TombstonePruner, works in slices and waits between looks", () => {
  using place = new Place();
  const store = place.open({
    tombstoneLimits: { countMax: 10, ageMs: Infinity },
  });
  churn(store, 2000);
  assertEquals(store.stats().tombstones, 2000 - 1024);
  commit(store, (tx) => tx.put(pod("a")));
  assertEquals(store.stats().tombstones, 10);
  churn(store, 100);
  assertEquals(store.stats().tombstones, 110);
});

Deno.test("TombstonePruner, those beyond the age go", () => {
  using place = new Place();
  const store = place.open({
    tombstoneLimits: { countMax: 10_000, ageMs: 1000 },
  });
  churn(store, 3);
  place.clock.nowMs += 900;
  const middle = store.revision();
  churn(store, 300);
  assertEquals(store.stats().tombstones, 303);
  place.clock.nowMs += 101;
  churn(store, 300);
  assertEquals(store.stats().tombstones, 600);
  assertEquals(store.changesSince(middle).complete, true);
  assertEquals(store.changesSince(middle - 1).complete, false);
  place.clock.nowMs += 5000;
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("a")));
  batch.commit();
  assertEquals(store.stats().tombstones, 600);
});

Deno.test("changesSince, past pruned tombstones it is everything", () => {
  using place = new Place();
  const store = place.open({
    tombstoneLimits: { countMax: 0, ageMs: Infinity },
  });
  commit(store, (tx) => tx.put(pod("a")));
  churn(store, 300);
  const { changes, complete } = store.changesSince(1);
  assertEquals(complete, false);
  assertEquals([...changes], [{
    kind: "row",
    revision: 1,
    key: "default/pod/a",
  }]);
  assert(store.changesSince(store.revision()).complete);
});

Deno.test("TombstonePruner, all go when all are too old", () => {
  using place = new Place();
  const store = place.open({
    tombstoneLimits: { countMax: 10_000, ageMs: 1000 },
  });
  churn(store, 300);
  const last = store.revision();
  place.clock.nowMs += 1001;
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("a")));
  batch.commit();
  assertEquals(store.stats().tombstones, 300);
  store.close();
  // A new process looks with its first delete.
  const next = place.open({
    tombstoneLimits: { countMax: 10_000, ageMs: 1000 },
  });
  place.clock.nowMs += 1001;
  commit(next, (tx) => tx.put(pod("b")));
  place.clock.nowMs -= 2002;
  churn(next, 1);
  assertEquals(next.stats().tombstones, 301);
  place.clock.nowMs += 10_000;
  churn(next, 300);
  commit(next, (tx) => tx.put(pod("c")));
  assertEquals(next.changesSince(last - 1).complete, false);
});
