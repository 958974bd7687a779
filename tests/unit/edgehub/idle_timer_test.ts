import { assertEquals } from "@std/assert";
import { IdleTimer } from "../../../lib/edgehub/idle_timer.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

function timed(isIdle: () => boolean) {
  const clock = new VirtualClock();
  const told: number[] = [];
  const timer = new IdleTimer({
    clock,
    afterMs: 5000,
    isIdle,
    onIdle: () => told.push(clock.monotonic()),
  });
  return { clock, told, timer };
}

Deno.test("IdleTimer, tells once, after its time and as soon as nothing is under way", async () => {
  const { clock, told } = timed(() => clock.monotonic() >= 8500);
  await clock.advance(60_000);
  assertEquals(told, [9000]);
  assertEquals(clock.pending, 0);
});

Deno.test("IdleTimer, cancelled before or while it looks it tells nothing", async () => {
  for (const atMs of [1000, 7500]) {
    const { clock, told, timer } = timed(() => clock.monotonic() > 20_000);
    await clock.advance(atMs);
    timer.cancel();
    await clock.advance(60_000);
    assertEquals([told.length, clock.pending], [0, 0]);
  }
});
