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

/** Turns of 2 ms without a pause until what comes over a socket is read. */
async function turnsUntilRead(
  next: (fn: () => void) => void,
): Promise<number> {
  const folder = await Deno.makeTempDir();
  const address = { transport: "unix", path: `${folder}/s` } as const;
  using listener = Deno.listen(address);
  using reader = await Deno.connect(address);
  using writer = await listener.accept();
  let hasCome = false;
  const read = reader.read(new Uint8Array(1)).then(() => hasCome = true);
  // It waits in the system before anything comes.
  await new Promise((resolve) => setTimeout(resolve, 5));
  let turns = 0;
  const done = Promise.withResolvers<void>();
  const turn = async () => {
    if (turns === 0) await writer.write(new Uint8Array(1));
    const startMs = performance.now();
    while (performance.now() - startMs < 2);
    turns++;
    if (hasCome || turns === 60) done.resolve();
    else next(turn);
  };
  await turn();
  await done.promise;
  await read;
  await Deno.remove(folder, { recursive: true });
  return turns;
}

Deno.test("SystemClock.defer, a flood on one link starves the others: under pressure I/O has its turn", async () => {
  const clock = new SystemClock();
  const plain = await turnsUntilRead((fn) => clock.defer(fn));
  const pressed = await turnsUntilRead((fn) => clock.defer(fn, true));
  assert(pressed < 20, `${pressed} turns under pressure, ${plain} without`);
});

Deno.test("SystemClock.defer, other work in the turns that are let pass does not put off the next look", async () => {
  const clock = new SystemClock();
  let isDone = false;
  const other = () => {
    const startMs = performance.now();
    while (performance.now() - startMs < 1);
    if (!isDone) clock.defer(other);
  };
  other();
  const next = (fn: () => void) => void clock.defer(fn, true);
  const turns = [await turnsUntilRead(next), await turnsUntilRead(next)];
  isDone = true;
  await new Promise<void>((resolve) => clock.defer(resolve));
  assert(Math.max(...turns) < 30, `${turns} turns`);
});

Deno.test("SystemClock.defer, cancelled it does not run, under pressure either", async () => {
  const clock = new SystemClock();
  const ran: string[] = [];
  clock.defer(() => ran.push("plain")).cancel();
  clock.defer(() => ran.push("pressed"), true).cancel();
  const last = Promise.withResolvers<void>();
  // That of another clock takes as long as the first one would have.
  new SystemClock().defer(last.resolve, true);
  await last.promise;
  assertEquals(ran, []);
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
