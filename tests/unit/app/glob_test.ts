import { assertEquals } from "@std/assert";
import { globTest } from "../../../lib/app/glob.ts";

Deno.test("globTest, a star stands for any text, and for none", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["default/pod/a", "default/pod/a", true],
    ["default/pod/a", "default/pod/ab", false],
    ["default/pod/*", "default/pod/", true],
    ["default/pod/*", "default/podstatus/a", false],
    ["*/pod/*", "kube-system/pod/dns", true],
    ["*pod*", "default/podstatus/a", true],
    ["*", "", true],
    ["", "", true],
    ["", "a", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a*b*c", "a-c-b", false],
    ["a*b*c", "a-b-bc", true],
    ["a*bc*bc", "abc", false],
    ["**", "any", true],
    ["a.c", "abc", false],
  ];
  for (const [pattern, text, matches] of cases) {
    assertEquals(globTest(pattern)(text), matches, `${pattern} on ${text}`);
  }
});

Deno.test("globTest, a pattern of many stars costs no time without end", () => {
  const test = globTest("*a".repeat(500) + "b");
  assertEquals(test("a".repeat(1024)), false);
});
