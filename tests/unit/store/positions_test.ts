import { assertEquals } from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";
import { commit, Place, pod } from "./support.ts";

function afterKill(place: Place, module: string): number {
  using killed = place.afterKill();
  return killed.open().position(module);
}

Deno.test("notePosition, is known at once and saved along with a commit", () => {
  using place = new Place();
  const store = place.open();
  assertEquals(store.position("edged"), 0);
  store.notePosition("edged", 7);
  assertEquals(store.position("edged"), 7);
  assertEquals(afterKill(place, "edged"), 0);
  commit(store, (tx) => tx.put(pod("a")));
  assertEquals(afterKill(place, "edged"), 7);
});

Deno.test("notePosition, is not written with every commit of a second", () => {
  using place = new Place();
  const store = place.open();
  store.notePosition("edged", 1);
  commit(store, (tx) => tx.put(pod("a")));
  store.notePosition("edged", 2);
  place.clock.nowMs += 999;
  commit(store, (tx) => tx.put(pod("b")));
  assertEquals(afterKill(place, "edged"), 1);
  place.clock.nowMs += 1;
  commit(store, (tx) => tx.put(pod("c")));
  assertEquals(afterKill(place, "edged"), 2);
});

Deno.test("notePosition, is saved by close", () => {
  using place = new Place();
  const store = place.open();
  store.notePosition("edged", 3);
  store.close();
  assertEquals(place.open().position("edged"), 3);
});

Deno.test("notePosition, a failed batch does not lose it", () => {
  using place = new Place();
  const store = place.open();
  store.notePosition("edged", 3);
  const batch = store.batch();
  batch.message(() => batch.tx.put(pod("a")));
  batch.rollback();
  commit(store, (tx) => tx.put(pod("a")));
  assertEquals(afterKill(place, "edged"), 3);
});

Deno.test("notePosition, beyond the bound the longest unused goes", () => {
  using place = new Place();
  const store = place.open();
  for (let i = 0; i < LIMITS.positionsMax; i++) {
    place.clock.nowMs += 1;
    store.notePosition(`m${i}`, 5);
  }
  commit(store, (tx) => tx.put(pod("a")));
  place.clock.nowMs += 5000;
  store.notePosition("m0", 5);
  store.notePosition("new", 6);
  assertEquals(store.position("m0"), 5);
  assertEquals(store.position("m1"), 0);
  commit(store, (tx) => tx.put(pod("b")));
  assertEquals(afterKill(place, "m1"), 0);
  assertEquals(afterKill(place, "m2"), 5);
  assertEquals(afterKill(place, "new"), 6);
});
