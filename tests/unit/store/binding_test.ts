import { assert, assertEquals, assertThrows } from "@std/assert";
import { StoreError, type StoreOwner } from "../../../lib/store/mod.ts";
import { Place } from "./support.ts";

const by = (node: string, ...authorities: string[]): {
  owner: StoreOwner;
} => ({ owner: { node, authorities } });

/** Opens the store, reads its problems, closes it. */
function problems(place: Place, node: string, ...authorities: string[]) {
  const store = place.open(by(node, ...authorities));
  const { problems } = store;
  store.close();
  return problems;
}

Deno.test("foreign_or_ghost_state_is_dropped, C12: a store is bound to its node at first use", () => {
  using place = new Place();
  place.open().close();
  assertEquals(problems(place, "edge-1"), []);
  assertEquals(problems(place, "edge-1"), []);
  const error = assertThrows(
    () => place.open(by("edge-2")),
    StoreError,
    "it holds the objects of node edge-1, and this is node edge-2",
  ) as StoreError;
  assertEquals(error.kind, "foreign");
  assert(error.hint.includes("edgehub.controller.node-id to edge-1"));
  // The refusal left nothing behind.
  assertEquals(problems(place, "edge-1"), []);
  place.open().close();
});

Deno.test("foreign_or_ghost_state_is_dropped, C12: another authority is served under and told of", () => {
  using place = new Place();
  assertEquals(problems(place, "edge-1", "a"), []);
  // Not known now, the same, exchanged over a time with both.
  assertEquals(problems(place, "edge-1"), []);
  assertEquals(problems(place, "edge-1", "a"), []);
  assertEquals(problems(place, "edge-1", "b", "a"), []);
  assertEquals(problems(place, "edge-1", "b"), []);
  assertEquals(place.logged, []);
  const [problem = ""] = problems(place, "edge-1", "c");
  assert(problem.includes("may be of another cluster"), problem);
  assertEquals(place.logged, [`error: ${problem}`]);
  // Told until it is settled, though the authority is known by now.
  assertEquals(problems(place, "edge-1", "c"), [problem]);
  assertEquals(place.logged.length, 1);
  const store = place.open(by("edge-1", "c"));
  const batch = store.batch();
  batch.message(() => batch.tx.noteFact("problem", ""));
  batch.commit();
  store.close();
  assertEquals(problems(place, "edge-1", "c"), []);
});

Deno.test("a rebuilt store stays bound, and its loss is not hidden by another authority", () => {
  using place = new Place();
  const store = place.open(by("edge-1", "a"));
  store.recover();
  store.close();
  const [loss = ""] = problems(place, "edge-1", "b");
  assert(loss.includes("rebuilt on demand"), loss);
  assertThrows(() => place.open(by("edge-2")));
});

Deno.test("a store on a full disk is served unbound, and bound at a later start", () => {
  using place = new Place();
  const many = Array.from({ length: 1000 }, (_, i) => `${i}`.repeat(32));
  place.open().close();
  const pages = Math.ceil(Deno.statSync(place.path).size / 4096);
  const store = place.open({ ...by("edge-1", ...many), pagesMax: pages });
  assertEquals(store.isSynced("*"), false);
  store.close();
  assert(
    place.logged.some((line) => line.includes("Not bound to its node")),
    place.logged.join(),
  );
  assertEquals(problems(place, "edge-2"), []);
  assertThrows(() => place.open(by("edge-1")), StoreError);
});
