import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../../lib/cli/mod.ts";
import { parseSelector } from "../../../../lib/cli/get/label_selector.ts";

const WEB = { app: "web", tier: "front", "example.org/empty": "" };

Deno.test("parseSelector, meets what kubectl's grammar says", () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ["", true],
    ["app=web", true],
    ["app==web", true],
    ["app = web", true],
    ["app=db", false],
    ["missing=web", false],
    ["app!=db", true],
    ["app!=web", false],
    // Met by an object without the label, too.
    ["missing!=web", true],
    ["app in (db, web)", true],
    ["app in (db)", false],
    ["missing in (db)", false],
    ["app notin (db)", true],
    ["app notin (web,db)", false],
    ["missing notin (db)", true],
    ["app", true],
    ["missing", false],
    ["!missing", true],
    ["!app", false],
    ["example.org/empty", true],
    ["example.org/empty=", true],
    ["app=", false],
    ["app=web,tier=front", true],
    ["app=web,tier=back", false],
    ["tier in (front,back),app notin (a,b),!old", true],
  ];
  for (const [text, isMet] of cases) {
    assertEquals(parseSelector(text)(WEB), isMet, text);
  }
});

Deno.test("parseSelector, a label called like a property of every object is not there", () => {
  assertEquals(parseSelector("constructor")({}), false);
  assertEquals(parseSelector("!toString")({}), true);
});

Deno.test("parseSelector, refuses what is none", () => {
  for (
    const text of [
      ",",
      "app=web,",
      "app in web",
      "app in (a",
      "=web",
      "app=a=b",
      "a b",
      "-app",
      "app=we b",
      "app=-web",
      "UPPER.org/app=x",
      `app=${"x".repeat(64)}`,
    ]
  ) {
    assertThrows(() => parseSelector(text), UsageError, "--selector");
  }
});
