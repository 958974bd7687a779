import { assertEquals } from "@std/assert";
import { levenshtein, nearest } from "../../../lib/base/nearest.ts";

Deno.test("levenshtein, counts edits", () => {
  assertEquals(levenshtein("kitten", "sitting"), 3);
  assertEquals(levenshtein("", "abc"), 3);
  assertEquals(levenshtein("abc", ""), 3);
  assertEquals(levenshtein("same", "same"), 0);
});

Deno.test("nearest, finds what was meant and nothing far off", () => {
  const words = ["run", "demo", "config check", "config print"];
  assertEquals(nearest("dmeo", words), "demo");
  assertEquals(nearest("config prnt", words), "config print");
  assertEquals(nearest("kubernetes", words), undefined);
  assertEquals(nearest("x", []), undefined);
});
