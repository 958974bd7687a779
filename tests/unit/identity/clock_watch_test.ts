import { assertEquals } from "@std/assert";
import { ClockWatch } from "../../../lib/identity/clock_watch.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

class SetClock extends VirtualClock {
  wrongByMs = 0;

  override now(): number {
    return super.now() + this.wrongByMs;
  }
}

Deno.test("ClockWatch, tells a clock that was set once, and no clock that runs or is corrected a little", async () => {
  const clock = new SetClock();
  const watch = new ClockWatch(clock);
  await clock.advance(3_600_000);
  assertEquals(watch.setByMs(), 0);
  clock.wrongByMs = 9999;
  assertEquals(watch.setByMs(), 0);
  clock.wrongByMs -= 10_000;
  assertEquals([watch.setByMs(), watch.setByMs()], [-10_000, 0]);
  clock.wrongByMs = 1e11;
  assertEquals(watch.setByMs(), 1e11 + 1);
});
