import { assert, assertEquals } from "@std/assert";
import {
  compareVersions,
  isResourceVersion,
} from "../../../lib/message/resource_version.ts";

Deno.test("compareVersions, compares as numbers of any length", () => {
  const sign = (a: string, b: string) => Math.sign(compareVersions(a, b));
  assertEquals(sign("9", "10"), -1);
  assertEquals(sign("18446744073709551615", "18446744073709551614"), 1);
  assertEquals(sign("007", "7"), 0);
  assertEquals(sign("0", ""), 1);
  assertEquals(sign("x", "1"), -1);
  assertEquals(sign("", "x"), 0);
});

Deno.test("compareVersions, compares uint64 as numbers", () => {
  assert(compareVersions("10", "9") > 0);
  assert(compareVersions("9", "10") < 0);
  assertEquals(compareVersions("7", "7"), 0);
  assert(compareVersions("18446744073709551615", "18446744073709551614") > 0);
});

Deno.test("isResourceVersion, takes a uint64 and nothing else", () => {
  for (const text of ["0", "7", "18446744073709551615"]) {
    assert(isResourceVersion(text), text);
  }
  for (const text of ["", "x", "-1", "1.5", " 1", "18446744073709551616"]) {
    assert(!isResourceVersion(text), text);
  }
});
