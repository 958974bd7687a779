import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  seededIds,
  seededRandom,
  systemIds,
  systemRandom,
} from "../../../lib/base/mod.ts";

const UUID_V4 =
  /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function draw(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, random);
}

Deno.test("seededRandom, replays from its seed, and seeds differ", () => {
  assertEquals(draw(1, 100), draw(1, 100));
  assert(draw(1, 1)[0] !== draw(2, 1)[0]);
  assertEquals(draw(-1, 10), draw(2 ** 32 - 1, 10));
});

Deno.test("seededRandom, is spread over [0, 1)", () => {
  const numbers = draw(3, 10_000);
  assert(numbers.every((n) => n >= 0 && n < 1));
  for (let tenth = 0; tenth < 10; tenth++) {
    const count = numbers.filter((n) => Math.floor(n * 10) === tenth).length;
    assert(count > 850 && count < 1150, `${count} in tenth ${tenth}`);
  }
});

Deno.test("seededIds, are distinct UUIDs v4 that replay", () => {
  const ids = (seed: number) => {
    const next = seededIds(seededRandom(seed));
    return Array.from({ length: 1000 }, next);
  };
  const first = ids(9);
  for (const id of first) assertMatch(id, UUID_V4);
  assertEquals(new Set(first).size, 1000);
  assertEquals(new Set(first.map((id) => id[19])), new Set("89ab"));
  assertEquals(ids(9), first);
});

Deno.test("systemIds and systemRandom, are the machine's", () => {
  assertMatch(systemIds(), UUID_V4);
  assert(systemIds() !== systemIds());
  const number = systemRandom();
  assert(number >= 0 && number < 1);
});
