import { assertEquals } from "@std/assert";
import type { Connection } from "../../../lib/store/driver.ts";
import { ObjectCounts } from "../../../lib/store/object_counts.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

/** A database whose counts take their time. */
function bench(tookMs: number) {
  const clock = new VirtualClock();
  let pods = 0;
  let slowMs = tookMs;
  const slow = Object.assign(Object.create(clock), {
    monotonic: () => clock.monotonic() + spentMs,
  });
  let spentMs = 0;
  const db = {
    all: () => {
      spentMs += slowMs;
      return [{ type: "pod", n: ++pods }];
    },
  } as unknown as Connection;
  const counts = new ObjectCounts(slow);
  return {
    clock,
    read: (revision: number) => counts.read(db, revision)["pod"],
    quicken: () => slowMs = 0,
  };
}

Deno.test("ObjectCounts, a quick count is made anew each time", () => {
  const { read } = bench(5);
  assertEquals([read(1), read(1), read(2)], [1, 2, 3]);
});

Deno.test("ObjectCounts, a slow count takes a hundredth of the time at most", async () => {
  const { read, clock, quicken } = bench(100);
  assertEquals([read(1), read(2), read(3)], [1, 1, 1]);
  await clock.advance(9999);
  assertEquals(read(4), 1);
  await clock.advance(1);
  assertEquals(read(4), 2);
  await clock.advance(60_000);
  assertEquals(read(4), 2, "nothing has changed");
  quicken();
  assertEquals([read(5), read(6)], [3, 4], "it is quick again");
});
