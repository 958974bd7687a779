import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { sleep, SystemClock } from "../../../lib/base/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

/** Timers of the runtime, recorded instead of set. */
async function withFakeTimers(
  run: (timers: Map<number, { delayMs: number; fire: () => void }>) => void,
): Promise<void> {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const timers = new Map<number, { delayMs: number; fire: () => void }>();
  let count = 0;
  globalThis.setTimeout = ((fire: () => void, delayMs: number) => {
    timers.set(++count, { delayMs, fire });
    return count;
  }) as typeof setTimeout;
  globalThis.clearTimeout = ((id: number) => {
    timers.delete(id);
  }) as typeof clearTimeout;
  try {
    await run(timers);
  } finally {
    globalThis.setTimeout = set;
    globalThis.clearTimeout = clear;
  }
}

Deno.test("SystemClock, now is the wall clock and monotonic never falls", () => {
  const clock = new SystemClock();
  const before = Date.now();
  const now = clock.now();
  assert(before <= now && now <= Date.now());
  const first = clock.monotonic();
  assert(clock.monotonic() >= first);
});

Deno.test("SystemClock.after, runs once, in the order of the delays", async () => {
  const clock = new SystemClock();
  const done = Promise.withResolvers<void>();
  const ran: string[] = [];
  clock.after(20, () => {
    ran.push("later");
    done.resolve();
  });
  clock.after(0, () => ran.push("sooner"));
  clock.after(-5, () => ran.push("past"));
  await done.promise;
  assertEquals(ran, ["sooner", "past", "later"]);
});

Deno.test("SystemClock.after, a cancelled timer does not run, nor does cancelling hurt later", async () => {
  const clock = new SystemClock();
  const done = Promise.withResolvers<void>();
  let ran = false;
  const cancelled = clock.after(1, () => ran = true);
  cancelled.cancel();
  cancelled.cancel();
  const fired = clock.after(10, done.resolve);
  await done.promise;
  fired.cancel();
  assertEquals(ran, false);
});

Deno.test("SystemClock.after, chains delays that are too long for one timer", () =>
  withFakeTimers((timers) => {
    const longest = 2 ** 31 - 1;
    let ran = 0;
    new SystemClock().after(2 * longest + 5, () => ran++);
    const delays: number[] = [];
    for (const [id, { delayMs, fire }] of timers) {
      delays.push(delayMs);
      timers.delete(id);
      assertEquals(ran, 0);
      fire();
    }
    assertEquals(delays, [longest, longest, 5]);
    assertEquals([ran, timers.size], [1, 0]);
  }));

Deno.test("SystemClock.after, a chained delay is cancelled at any link", () =>
  withFakeTimers((timers) => {
    const timer = new SystemClock().after(2 ** 32, () => {
      throw new Error("ran");
    });
    const [[id, { fire }] = [0, { fire: () => {} }]] = timers;
    timers.delete(id);
    fire();
    assertEquals(timers.size, 1);
    timer.cancel();
    assertEquals(timers.size, 0);
  }));

Deno.test("SystemClock.defer, runs after what is settled, unless cancelled", async () => {
  const clock = new SystemClock();
  const done = Promise.withResolvers<void>();
  const ran: string[] = [];
  clock.defer(() => {
    ran.push("deferred");
    done.resolve();
  });
  clock.defer(() => ran.push("cancelled")).cancel();
  queueMicrotask(() => ran.push("promise"));
  ran.push("now");
  await done.promise;
  assertEquals(ran, ["now", "promise", "deferred"]);
});

Deno.test("sleep, settles when its time has come and not before", async () => {
  const clock = new VirtualClock();
  let woke = false;
  const slept = sleep(clock, 100).then(() => woke = true);
  await clock.advance(99);
  assertEquals(woke, false);
  await clock.advance(1);
  await slept;
});

Deno.test("sleep, an aborted signal ends it at once and sets no timer", async () => {
  const clock = new VirtualClock();
  const reason = new Error("stop");
  let caught: unknown;
  await sleep(clock, 100, AbortSignal.abort(reason))
    .catch((error) => caught = error);
  assertStrictEquals(caught, reason);
  assertEquals(clock.pending, 0);
});

Deno.test("sleep, an abort wakes it with the reason and cancels the timer", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const reason = new Error("stop");
  let caught: unknown;
  const slept = sleep(clock, 100, controller.signal)
    .catch((error) => caught = error);
  await clock.advance(50);
  assertEquals([caught, clock.pending], [undefined, 1]);
  controller.abort(reason);
  await slept;
  assertStrictEquals(caught, reason);
  assertEquals(clock.pending, 0);
});

Deno.test("sleep, an abort afterwards reaches nobody", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const slept = sleep(clock, 1, controller.signal);
  await clock.advance(1);
  await slept;
  controller.abort(new Error("late"));
  await slept;
});
