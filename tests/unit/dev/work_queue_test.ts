import { assertEquals } from "@std/assert";
import { WorkQueue } from "../../../lib/dev/work_queue.ts";
import { ManualClock } from "./manual_clock.ts";

function queueOf(clock: ManualClock) {
  let ready = 0;
  const queue = new WorkQueue(clock, {
    baseMs: 5,
    maxMs: 12,
    onReady: () => ready++,
  });
  return { queue, ready: () => ready };
}

Deno.test("WorkQueue, keys come out once and in order", () => {
  const { queue, ready } = queueOf(new ManualClock());
  for (const key of ["a", "b", "a"]) queue.add(key);
  assertEquals(ready(), 2);
  assertEquals([queue.get(), queue.get(), queue.get()], ["a", "b", undefined]);
});

Deno.test("WorkQueue, a key added while worked on has its turn after done", () => {
  const { queue } = queueOf(new ManualClock());
  queue.add("a");
  assertEquals(queue.get(), "a");
  queue.add("a");
  assertEquals(queue.get(), undefined);
  queue.done("a");
  assertEquals(queue.get(), "a");
  queue.done("a");
  assertEquals(queue.get(), undefined);
  assertEquals(queue.length, 0);
});

Deno.test("WorkQueue, delays double up to the bound until forgotten", () => {
  const clock = new ManualClock();
  const { queue } = queueOf(clock);
  for (const delayMs of [5, 10, 12]) {
    queue.addRateLimited("a");
    assertEquals(queue.length, 1);
    clock.advance(delayMs - 1);
    assertEquals(queue.get(), undefined);
    clock.advance(1);
    assertEquals(queue.get(), "a");
    queue.done("a");
  }
  queue.forget("a");
  queue.addRateLimited("a");
  clock.advance(5);
  assertEquals(queue.get(), "a");
});

Deno.test("WorkQueue, close drops all and cancels delays", () => {
  const clock = new ManualClock();
  const { queue } = queueOf(clock);
  queue.add("a");
  queue.addRateLimited("b");
  queue.close();
  assertEquals([queue.length, clock.pending, queue.get()], [0, 0, undefined]);
});
