import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../lib/base/mod.ts";
import { type LastTry, nextDial } from "../../../lib/edgehub/redial.ts";

const BOUNDS = { baseMs: 1000, capMs: 60_000 };
const FAILED: LastTry = { ended: "not-connected", livedMs: 0 };
const highest = () => 1;

function waits(count: number, last: LastTry, random = highest): number[] {
  const all: number[] = [];
  for (let i = 0, failures = 0; i < count; i++) {
    const next = nextDial(failures, last, { ...BOUNDS, random });
    failures = next.failures;
    all.push(next.waitMs);
  }
  return all;
}

Deno.test("nextDial, D2 reconnect_backs_off_with_jitter: bounds double up to the cap", () => {
  assertEquals(waits(8, FAILED), [
    1000,
    2000,
    4000,
    8000,
    16_000,
    32_000,
    60_000,
    60_000,
  ]);
});

Deno.test("nextDial, D2 reconnect_backs_off_with_jitter: 100 nodes spread over the whole wait", () => {
  for (const round of [0, 3, 6]) {
    const all = Array.from(
      { length: 100 },
      (_, seed) => waits(round + 1, FAILED, seededRandom(seed))[round]!,
    );
    const ceilingMs = Math.min(60_000, 1000 * 2 ** round);
    assert(all.every((waitMs) => waitMs >= 0 && waitMs <= ceilingMs));
    for (let tenth = 0; tenth < 10; tenth++) {
      const from = tenth * ceilingMs / 10;
      const inTenth = all.filter((waitMs) =>
        waitMs >= from && waitMs <= from + ceilingMs / 10
      );
      assert(inTenth.length >= 2, `round ${round}, tenth ${tenth}`);
    }
  }
});

Deno.test("nextDial, the same seed gives the same waits", () => {
  assertEquals(
    waits(20, FAILED, seededRandom(7)),
    waits(20, FAILED, seededRandom(7)),
  );
});

Deno.test("nextDial, at once only if the peer closed a link that had lived", () => {
  const wait = (last: LastTry) =>
    nextDial(0, last, { ...BOUNDS, random: () => 0 }).waitMs;
  assertEquals(wait({ ended: "by-peer", livedMs: 5000 }), 0);
  assertEquals(wait({ ended: "by-peer", livedMs: 4999 }), 5000);
  assertEquals(wait({ ended: "by-us", livedMs: 0 }), 5000);
  assertEquals(wait({ ended: "by-us", livedMs: 3_600_000 }), 5000);
  assertEquals(wait(FAILED), 0);
});

Deno.test("nextDial, the jitter comes on top of the least wait", () => {
  const last: LastTry = { ended: "by-us", livedMs: 10 };
  assertEquals(waits(3, last), [6000, 7000, 9000]);
  const next = nextDial(2, last, { ...BOUNDS, random: highest });
  assertEquals(next, { waitMs: 9000, leastMs: 5000, failures: 3 });
});

Deno.test("nextDial, falls back only after a link that outlived the cap", () => {
  const after = (livedMs: number) =>
    nextDial(9, { ended: "by-peer", livedMs }, { ...BOUNDS, random: highest });
  const leastMs = 0;
  assertEquals(after(59_999), { waitMs: 60_000, leastMs, failures: 10 });
  assertEquals(after(60_000), { waitMs: 1000, leastMs, failures: 1 });
  const mute = { ended: "by-us", livedMs: 60_000, isProven: false } as const;
  const next = nextDial(9, mute, { ...BOUNDS, random: highest });
  assertEquals([next.waitMs, next.failures], [65_000, 10]);
});

Deno.test("nextDial, a cloud that closes at once 50 times is dialled ever less often", () => {
  const all = waits(50, { ended: "by-peer", livedMs: 3 });
  assertEquals(all.slice(0, 3), [6000, 7000, 9000]);
  assertEquals(all.at(-1), 65_000);
});
