import { assertEquals } from "@std/assert";
import {
  ageOf,
  humanDuration,
} from "../../../../lib/cli/get/human_duration.ts";

Deno.test("humanDuration, as kubectl writes it", () => {
  const cases: readonly (readonly [number, string])[] = [
    [-5, "<invalid>"],
    [-1.5, "0s"],
    [0, "0s"],
    [59.9, "59s"],
    [119, "119s"],
    [120, "2m"],
    [125, "2m5s"],
    [600, "10m"],
    [10799, "179m"],
    [10800, "3h"],
    [10860, "3h1m"],
    [8 * 3600, "8h"],
    [47 * 3600, "47h"],
    [48 * 3600, "2d"],
    [49 * 3600, "2d1h"],
    [8 * 86400, "8d"],
    [729 * 86400, "729d"],
    [730 * 86400, "2y"],
    [731 * 86400, "2y1d"],
    [9 * 365 * 86400, "9y"],
  ];
  for (const [seconds, text] of cases) {
    assertEquals(humanDuration(seconds), text, String(seconds));
  }
});

Deno.test("ageOf, of what is no time it is unknown", () => {
  assertEquals(ageOf("1970-01-01T00:00:00Z", 61_000), "61s");
  for (const at of [undefined, null, "", "soon", 5]) {
    assertEquals(ageOf(at, 0), "<unknown>");
  }
});
