import { assert, assertEquals } from "@std/assert";
import { backoffMs, seededRandom } from "../../../lib/base/mod.ts";

const BOUNDS = { baseMs: 1000, capMs: 30_000 };

Deno.test("backoffMs, its ceiling doubles from the base up to the cap", () => {
  const ceiling = (attempt: number) => backoffMs(attempt, BOUNDS, () => 1);
  assertEquals([0, 1, 2, 3, 4, 5, 6, 1_000_000].map(ceiling), [
    1000,
    2000,
    4000,
    8000,
    16_000,
    30_000,
    30_000,
    30_000,
  ]);
});

Deno.test("backoffMs, jitter reaches down to nothing", () => {
  assertEquals(backoffMs(9, BOUNDS, () => 0), 0);
  assertEquals(backoffMs(0, BOUNDS, () => 0.5), 500);
});

Deno.test("backoffMs, spreads evenly and replays from its seed", () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 1000 }, () => backoffMs(5, BOUNDS, random));
  };
  const waits = draw(7);
  assertEquals(waits, draw(7));
  assert(waits.every((ms) => Number.isInteger(ms) && ms >= 0 && ms <= 30_000));
  for (const from of [0, 10_000, 20_000]) {
    const third = waits.filter((ms) => ms >= from && ms < from + 10_000).length;
    assert(third > 250 && third < 420, `${third} waits from ${from}`);
  }
});
