import { assertEquals } from "@std/assert";
import { garbageCollector, IdleMemory } from "../../../lib/cli/idle_memory.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const MB = 1024 * 1024;

function world() {
  const clock = new VirtualClock();
  const state = { cpuMs: 300, heapMb: 12, collections: 0 };
  const memory = new IdleMemory({
    clock,
    cpuMs: () => state.cpuMs,
    heapBytes: () => state.heapMb * MB,
    collect: () => {
      state.collections++;
      state.heapMb = 9;
    },
  });
  memory.start();
  return { clock, state, memory };
}

Deno.test("IdleMemory, collects once after the start, when it rests", async () => {
  const { clock, state } = world();
  state.cpuMs += 2000;
  await clock.advance(5000);
  assertEquals(state.collections, 0, "it works");
  await clock.advance(5000);
  assertEquals(state, { cpuMs: 2300, heapMb: 9, collections: 1 });
  await clock.advance(3_600_000);
  assertEquals(state.collections, 1);
});

Deno.test("IdleMemory, collects again once the heap has grown, never under load", async () => {
  const { clock, state, memory } = world();
  await clock.advance(5000);
  assertEquals(state.collections, 1);
  state.heapMb = 60;
  for (let i = 0; i < 100; i++) {
    state.cpuMs += 101;
    await clock.advance(5000);
  }
  assertEquals(state.collections, 1);
  await clock.advance(5000);
  assertEquals(state.collections, 2);
  state.heapMb = 10;
  await clock.advance(5000);
  assertEquals(state.collections, 2, "not worth it");
  state.heapMb = 60;
  await clock.advance(45_000);
  assertEquals(state.collections, 2, "a minute lies between two");
  await clock.advance(15_000);
  assertEquals(state.collections, 3);
  memory.stop();
  state.heapMb = 60;
  await clock.advance(60_000);
  assertEquals(state.collections, 3);
});

Deno.test("garbageCollector, is there where the runtime has one", () => {
  const scope = globalThis as { gc?: unknown };
  const { gc } = scope;
  try {
    delete scope.gc;
    assertEquals(garbageCollector(), undefined);
    const asked: unknown[] = [];
    scope.gc = (options: unknown) => asked.push(options);
    garbageCollector()?.();
    assertEquals(asked, [
      { type: "major", execution: "sync", flavor: "last-resort" },
    ]);
  } finally {
    if (gc === undefined) delete scope.gc;
    else scope.gc = gc;
  }
});
