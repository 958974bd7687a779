import { assertEquals, assertThrows } from "@std/assert";
import { parse, stringify } from "@std/yaml";

Deno.test("parse, stringify, plain data survives", () => {
  const data = { a: [1, "2", true, null], b: { c: 1.5, d: "x: y" } };
  assertEquals<unknown>(parse(stringify(data)), data);
  assertEquals(parse(""), null);
});

Deno.test("parse, an error names line and column", () => {
  assertThrows(() => parse("a: 1\nb: c: d"), SyntaxError, "line 2, column 4");
  assertThrows(() => parse("a: 1\na: 2"), SyntaxError, "unique");
});

Deno.test("stringify, refuses what YAML cannot say", () => {
  assertThrows(() => stringify(() => {}), TypeError);
});
