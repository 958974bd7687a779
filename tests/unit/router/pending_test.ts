import { assertEquals } from "@std/assert";
import { type PendingEnd, PendingTable } from "../../../lib/router/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

function table(sizeMax = 10) {
  const clock = new VirtualClock();
  const pending = new PendingTable<string>(clock, sizeMax);
  const ends: string[] = [];
  const add = (id: string, timeoutMs = 1000) =>
    pending.add(id, `value ${id}`, {
      timeoutMs,
      onEnd: (end: PendingEnd) => ends.push(`${id} ${end}`),
    });
  return { clock, pending, ends, add };
}

Deno.test("PendingTable, what is taken has ended without a word", async () => {
  const { clock, pending, ends, add } = table();
  assertEquals(add("a"), true);
  assertEquals([pending.size, pending.peek("a")], [1, "value a"]);
  assertEquals(pending.take("a"), "value a");
  assertEquals([pending.take("a"), pending.peek("a")], [undefined, undefined]);
  pending.cancel("a");
  await clock.advance(5000);
  assertEquals([ends, pending.size, clock.pending], [[], 0, 0]);
});

Deno.test("PendingTable, each entry expires at its own deadline, once", async () => {
  const { clock, pending, ends, add } = table();
  add("a", 2000);
  add("b", 1000);
  await clock.advance(999);
  assertEquals(ends, []);
  await clock.advance(1);
  assertEquals([ends, pending.size], [["b expired"], 1]);
  assertEquals(pending.take("b"), undefined);
  pending.cancel("b");
  await clock.advance(1000);
  assertEquals(ends, ["b expired", "a expired"]);
});

Deno.test("PendingTable, a cancelled entry ends once and stops its timer", async () => {
  const { clock, pending, ends, add } = table();
  add("a");
  pending.cancel("a");
  pending.cancel("a");
  pending.cancel("never");
  assertEquals([ends, clock.pending], [["a cancelled"], 0]);
  await clock.advance(5000);
  assertEquals(ends, ["a cancelled"]);
});

Deno.test("PendingTable, refuses beyond its bound and a second wait for an id", () => {
  const { pending, ends, add } = table(2);
  assertEquals([add("a"), add("a"), add("b"), add("c")], [
    true,
    false,
    true,
    false,
  ]);
  assertEquals([pending.size, pending.peek("c")], [2, undefined]);
  pending.take("a");
  assertEquals(add("c"), true);
  assertEquals(ends, []);
});

Deno.test("PendingTable, cancelAll ends all in order, also when an end adds another", () => {
  const { clock, pending, ends, add } = table();
  add("a");
  pending.add("b", "value b", {
    timeoutMs: 1,
    onEnd: (end) => {
      ends.push(`b ${end}`);
      add("d");
    },
  });
  add("c");
  assertEquals(pending.entries().map(([id]) => id), ["a", "b", "c"]);
  pending.cancelAll();
  assertEquals(ends, ["a cancelled", "b cancelled", "c cancelled"]);
  assertEquals(pending.entries(), [["d", "value d"]]);
  pending.cancelAll();
  assertEquals(clock.pending, 0);
});

Deno.test("PendingTable, its entries are a copy that may be worked off", () => {
  const { pending, add } = table();
  for (const id of ["a", "b", "c"]) add(id);
  for (const [id] of pending.entries()) pending.take(id);
  assertEquals(pending.size, 0);
});

Deno.test("PendingTable, a thousand waits take one timer, and none when all ended", async () => {
  const { clock, pending, ends, add } = table(1000);
  for (let i = 0; i < 1000; i++) {
    add(`${i}`);
    await clock.advance(1);
    assertEquals(clock.pending, pending.size === 0 ? 0 : 1);
    if (i % 2 === 0) pending.take(`${i}`);
  }
  assertEquals(pending.size, 500);
  await clock.advance(499);
  assertEquals([ends.length, clock.pending], [250, 1]);
  assertEquals(ends.slice(0, 2), ["1 expired", "3 expired"]);
  await clock.advance(501);
  assertEquals([ends.length, pending.size, clock.pending], [500, 0, 0]);
});

Deno.test("PendingTable, an earlier deadline behind later ones is kept to the millisecond", async () => {
  const { clock, ends, add } = table();
  add("late", 3000);
  add("early", 100);
  add("middle", 1500);
  add("soon", 50);
  for (const atMs of [50, 100, 1500, 3000]) {
    await clock.advance(atMs - clock.monotonic() - 1);
    const before = ends.length;
    await clock.advance(1);
    assertEquals(ends.length, before + 1);
  }
  assertEquals(ends, [
    "soon expired",
    "early expired",
    "middle expired",
    "late expired",
  ]);
});

Deno.test("PendingTable, what an end adds or cancels is kept in order", async () => {
  const clock = new VirtualClock();
  const pending = new PendingTable<string>(clock, 10);
  const ends: string[] = [];
  const add = (id: string, timeoutMs: number, then = () => {}) =>
    pending.add(id, id, {
      timeoutMs,
      onEnd: (end) => {
        ends.push(`${id} ${end}`);
        then();
      },
    });
  add("a", 10, () => {
    pending.cancel("b");
    add("c", 5);
  });
  add("b", 10);
  await clock.advance(10);
  assertEquals(ends, ["a expired", "b cancelled"]);
  await clock.advance(5);
  assertEquals([ends[2], pending.size, clock.pending], ["c expired", 0, 0]);
});
