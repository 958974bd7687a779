import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../lib/base/mod.ts";
import { mayHoldMoreValues } from "../../../lib/message/value_bound.ts";

/** Values in a parsed JSON text, and how many of them are empty containers. */
function count(value: unknown): { values: number; empty: number } {
  const sum = { values: 1, empty: 0 };
  if (typeof value !== "object" || value === null) return sum;
  const inner = Object.values(value);
  if (inner.length === 0) sum.empty = 1;
  for (const one of inner) {
    const { values, empty } = count(one);
    sum.values += values;
    sum.empty += empty;
  }
  return sum;
}

/** The least bound that a text is within. */
function boundOf(text: string): number {
  // There is always one. A text that is short for its bound is not looked at, so it is made long.
  const long = text + " ".repeat(4 * text.length);
  let bound = 1;
  while (mayHoldMoreValues(long, bound)) bound++;
  return bound;
}

Deno.test("mayHoldMoreValues, counts what JSON.parse makes, empty arrays and objects twice", () => {
  const random = seededRandom(7);
  const strings = ["", "a", '"', "\\", '\\"', "[{,", 'x\\\\"', "é,,"];
  const make = (depth: number): unknown => {
    const length = Math.floor(random() * 4);
    const kind = Math.floor(random() * (depth === 0 ? 2 : 4));
    if (kind === 0) return strings[Math.floor(random() * strings.length)];
    if (kind === 1) return Math.floor(random() * 100);
    const items = Array.from({ length }, () => make(depth - 1));
    if (kind === 2) return items;
    return Object.fromEntries(items.map((item, i) => [`,${i}"`, item]));
  };
  for (let i = 0; i < 300; i++) {
    const value = make(4);
    const { values, empty } = count(value);
    assertEquals(boundOf(JSON.stringify(value)), values + empty);
  }
});

Deno.test("mayHoldMoreValues, a text without an end of its string has no more", () => {
  assertEquals(mayHoldMoreValues(`["${",".repeat(100)}`, 3), false);
  assert(mayHoldMoreValues(`[${",".repeat(100)}`, 3));
});
