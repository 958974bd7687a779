import { assertEquals } from "@std/assert";
import { Handovers } from "../../../lib/edged/handovers.ts";

Deno.test("Handovers, tells the revision of what has been taken whole", () => {
  const handovers = new Handovers();
  handovers.queued(undefined);
  handovers.queued(7);
  handovers.queued(8);
  assertEquals(handovers.taken(0), undefined);
  assertEquals(handovers.taken(1), undefined);
  assertEquals(handovers.taken(2), 7);
  assertEquals(handovers.taken(2), undefined);
  assertEquals(handovers.taken(3), 8);
});

Deno.test("Handovers, tells the highest of several at once and never falls", () => {
  const handovers = new Handovers();
  for (const revision of [3, 9, 5]) handovers.queued(revision);
  assertEquals(handovers.taken(3), 9);
  handovers.queued(4);
  assertEquals(handovers.taken(4), undefined);
  handovers.queued(10);
  assertEquals(handovers.taken(5), 10);
});
