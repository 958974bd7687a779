import { assertEquals } from "@std/assert";
import { commit, Place, pod, StandingClock } from "./support.ts";

/** A clock of which the wall can be set while time goes on as ever. */
class SteppingClock extends StandingClock {
  stepMs = 0;

  override now(): number {
    return this.nowMs + this.stepMs;
  }
}

const YEAR_MS = 365 * 24 * 3600 * 1000;

Deno.test("RunningTime, D8 wrong_clock_destroys_nothing: no tombstone goes for a step of the clock", () => {
  using place = new Place();
  const clock = new SteppingClock();
  const store = place.open({
    clock,
    tombstoneLimits: { countMax: 10_000, ageMs: 1000 },
  });
  for (const stepMs of [-56 * YEAR_MS, 0, 5 * YEAR_MS, 0]) {
    clock.stepMs = stepMs;
    commit(store, (tx) => {
      for (let i = 0; i < 300; i++) {
        tx.put(pod(`${i}`));
        tx.remove(`default/pod/${i}`);
      }
    });
  }
  assertEquals(store.stats().tombstones, 1200);
});

Deno.test("RunningTime, goes on over a stop, and over a crash from the last delete at least", () => {
  using place = new Place();
  const first = place.open();
  place.clock.nowMs += 5000;
  assertEquals(first.runningMs(), 5000);
  first.close();
  // While it is off it does not run.
  place.clock.nowMs += YEAR_MS;
  const second = place.open();
  assertEquals(second.runningMs(), 5000);
  place.clock.nowMs += 2500;
  commit(second, (tx) => tx.put(pod("a")));
  commit(second, (tx) => tx.remove("default/pod/a"));
  place.clock.nowMs += 10_000;
  {
    using killed = place.afterKill();
    assertEquals(killed.open().runningMs(), 7500);
  }
  // A minute after the start it goes along with the next commit.
  place.clock.nowMs += 60_000;
  commit(second, (tx) => tx.put(pod("b")));
  using killed = place.afterKill();
  assertEquals(killed.open().runningMs(), 77_500);
});
