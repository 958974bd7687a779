import { assertEquals } from "@std/assert";
import { SnapshotTimer } from "../../../lib/app/snapshot_timer.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

function bench(intervalMs = 1000) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const taken: PromiseWithResolvers<boolean>[] = [];
  const options = {
    store: {
      snapshot: () => {
        const snapshot = Promise.withResolvers<boolean>();
        taken.push(snapshot);
        return snapshot.promise;
      },
      stopSnapshot: () => lines.push("stopped"),
    } as never,
    clock,
    intervalMs,
    log: {
      info: (event: string) => lines.push(`info ${event}`),
      error: (event: string) => lines.push(`error ${event}`),
    } as never,
  };
  const timer = new SnapshotTimer(options);
  return { clock, lines, taken, timer, options };
}

Deno.test("SnapshotTimer, takes one per interval, never two at a time", async () => {
  const { clock, lines, taken, timer } = bench();
  await timer.start();
  await clock.advance(999);
  assertEquals(taken.length, 0);
  await clock.advance(1);
  assertEquals(taken.length, 1);
  await clock.advance(5000);
  assertEquals(taken.length, 1);
  taken[0]?.resolve(true);
  await clock.advance(1000);
  assertEquals([taken.length, lines], [2, ["info snapshot taken"]]);
  taken[1]?.resolve(false);
  await timer.stop();
  assertEquals([clock.pending, lines.slice(1)], [0, ["stopped"]]);
});

Deno.test("SnapshotTimer, one that fails is told and does not end it", async () => {
  const { clock, lines, taken, timer } = bench();
  await timer.start();
  await clock.advance(1000);
  taken[0]?.reject(new Error("disk full"));
  await clock.advance(1000);
  assertEquals([taken.length, lines], [2, ["error snapshot failed"]]);
  taken[1]?.resolve(true);
  await timer.stop();
});

Deno.test("SnapshotTimer, a stop ends the snapshot that is being taken and waits for its end", async () => {
  const { clock, lines, taken, timer } = bench();
  await timer.start();
  await clock.advance(1000);
  let stopped = false;
  const stopping = timer.stop().then(() => stopped = true);
  await clock.settle();
  assertEquals([stopped, lines], [false, ["stopped"]]);
  taken[0]?.resolve(false);
  await stopping;
  assertEquals(clock.pending, 0);
});

Deno.test("SnapshotTimer, takes up another interval, from none and to none", async () => {
  const { clock, taken, timer, options } = bench(0);
  await timer.start();
  assertEquals(clock.pending, 0);
  options.intervalMs = 1000;
  timer.restart();
  await clock.advance(1000);
  assertEquals(taken.length, 1);
  // Asked for while one is being taken: never two at a time.
  timer.restart();
  await clock.advance(5000);
  assertEquals(taken.length, 1);
  taken[0]?.resolve(true);
  await clock.advance(1000);
  assertEquals(taken.length, 2);
  taken[1]?.resolve(true);
  options.intervalMs = 0;
  timer.restart();
  await clock.advance(5000);
  assertEquals([taken.length, clock.pending], [2, 0]);
  await timer.stop();
  options.intervalMs = 1000;
  timer.restart();
  assertEquals(clock.pending, 0);
});
