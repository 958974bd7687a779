import { assertEquals } from "@std/assert";
import { IdleWatch } from "../../../lib/edged/idle_watch.ts";
import { HandClock } from "../../support/edged_harness.ts";

function watched() {
  const clock = new HandClock();
  const seen: string[] = [];
  const peer = { quietSinceMs: 0 as number | undefined };
  const watch = new IdleWatch(clock, { pingMs: 15_000, deadMs: 30_000 }, {
    quietSinceMs: () => peer.quietSinceMs,
    ping: () => seen.push(`ping ${clock.monotonic()}`),
    dead: () => seen.push(`dead ${clock.monotonic()}`),
  });
  return { clock, seen, peer, watch };
}

Deno.test("IdleWatch, pings after 15 s of silence and gives up after 30 s", () => {
  const { clock, seen } = watched();
  clock.advance(14_999);
  assertEquals(seen, []);
  clock.advance(1);
  assertEquals(seen, ["ping 15000"]);
  clock.advance(14_999);
  assertEquals(seen, ["ping 15000"]);
  clock.advance(1);
  assertEquals(seen, ["ping 15000", "dead 30000"]);
  clock.advance(100_000);
  assertEquals(seen.length, 2);
  assertEquals(clock.pending, 0);
});

Deno.test("IdleWatch, counts silence from the last byte", () => {
  const { clock, seen, peer } = watched();
  clock.advance(10_000);
  peer.quietSinceMs = 10_000;
  clock.advance(14_999);
  assertEquals(seen, []);
  clock.advance(1);
  assertEquals(seen, ["ping 25000"]);
  peer.quietSinceMs = 25_001;
  clock.advance(15_000);
  assertEquals(seen, ["ping 25000"]);
  clock.advance(1);
  assertEquals(seen, ["ping 25000", "ping 40001"]);
  clock.advance(15_000);
  assertEquals(seen.at(-1), "dead 55001");
});

Deno.test("IdleWatch, does not count while nobody reads", () => {
  const { clock, seen, peer } = watched();
  peer.quietSinceMs = undefined;
  clock.advance(200_000);
  assertEquals(seen, []);
  peer.quietSinceMs = 200_000;
  clock.advance(29_999);
  assertEquals(seen, ["ping 215000"]);
});

Deno.test("IdleWatch, lets waiting input be read before it gives up", () => {
  const { clock, seen, peer } = watched();
  clock.advance(15_000);
  const after = clock.after.bind(clock);
  clock.defer = (fn) => {
    peer.quietSinceMs = clock.monotonic();
    return after(0, fn);
  };
  clock.advance(15_000);
  assertEquals(seen, ["ping 15000"]);
});

Deno.test("IdleWatch, stop ends it", () => {
  const { clock, seen, watch } = watched();
  watch.stop();
  clock.advance(100_000);
  assertEquals(seen, []);
  assertEquals(clock.pending, 0);
});
