import { assertEquals } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";

Deno.test("isRecord, takes objects and nothing else", () => {
  assertEquals([{}, { a: 1 }, Object.create(null)].every(isRecord), true);
  const others = [null, undefined, [], [{}], "", "x", 0, 1, true, 1n, () => {}];
  assertEquals(others.filter(isRecord), []);
});
