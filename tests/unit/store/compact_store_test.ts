import { assertEquals, assertThrows } from "@std/assert";
import { compactStore, StoreError } from "../../../lib/store/mod.ts";
import { fill } from "./damage.ts";
import { commit, Place } from "./support.ts";

/** A fifth of it is free: no commit gives pages back by itself. */
function hollow(place: Place) {
  const store = place.open();
  fill(store, 2000);
  commit(store, (tx) => {
    for (let i = 0; i < 2000; i += 5) tx.drop(`default/pod/${i}`);
  });
  return store;
}

Deno.test("compactStore, gives the free pages of a closed store back", () => {
  using place = new Place();
  hollow(place).close();
  const size = Deno.statSync(place.path).size;
  const { bytesBefore, bytes } = compactStore(place.path);
  assertEquals(bytesBefore, size);
  assertEquals(bytes, Deno.statSync(place.path).size);
  assertEquals(bytes < bytesBefore, true);
  // Nothing is left to do.
  assertEquals(compactStore(place.path), { bytesBefore: bytes, bytes });
  assertEquals(place.open().list("pod").length, 1600);
});

Deno.test("compactStore, not while a node has it, and not where there is none", () => {
  using place = new Place();
  const kind = () =>
    assertThrows(() => compactStore(place.path), StoreError).kind;
  assertEquals(kind(), "cannot-open");
  assertEquals(place.names(), []);
  place.open();
  assertEquals(kind(), "locked-by-other");
});

Deno.test("compactStore, a store that was not closed well stays one for the next start", () => {
  using place = new Place();
  hollow(place);
  using killed = place.afterKill();
  compactStore(killed.path);
  assertEquals(
    Deno.readTextFileSync(`${killed.path}.lock`).includes("clean"),
    false,
  );
  assertEquals(killed.open().list("pod").length, 1600);
});

Deno.test("compactStep, of an open store slice by slice, between batches", () => {
  using place = new Place();
  const store = hollow(place);
  const { size } = Deno.statSync(place.path);
  let step = store.compactStep();
  while (step.freePages > 0) step = store.compactStep();
  assertEquals(Deno.statSync(place.path).size < size, true);
  assertEquals(store.list("pod").length, 1600);
  const { bytes } = step;
  assertEquals(store.compactStep(), {
    freePages: 0,
    bytesBefore: bytes,
    bytes,
  });
});
