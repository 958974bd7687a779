import { assertEquals } from "@std/assert";
import type { KeySpec } from "../../../lib/config/key_spec.ts";
import { describe, formatValue, readValue } from "../../../lib/config/value.ts";

const SPECS = {
  text: { type: "string", default: "", doc: "" },
  path: { type: "path", default: "", doc: "" },
  flag: { type: "boolean", default: false, doc: "" },
  count: { type: "integer", default: 1, min: 1, doc: "" },
  ratio: { type: "number", default: 0, min: 0, max: 1, doc: "" },
  any: { type: "number", default: 0, doc: "" },
  wait: { type: "duration", default: 0, doc: "" },
  size: { type: "bytes", default: 0, doc: "" },
  list: { type: "strings", default: [], doc: "" },
  one: { type: "enum", values: ["a", "b"], default: "a", doc: "" },
} as const satisfies Record<string, KeySpec>;

Deno.test("readValue, each type takes its own and refuses the rest", () => {
  const cases: [keyof typeof SPECS, unknown, unknown][] = [
    ["text", "x", "x"],
    ["text", 5, undefined],
    ["text", "a\nb", undefined],
    ["path", "/x", "/x"],
    ["path", "/x\0", undefined],
    ["path", null, undefined],
    ["flag", true, true],
    ["flag", "true", undefined],
    ["count", 3, 3],
    ["count", 0, undefined],
    ["count", 1.5, undefined],
    ["ratio", 0.5, 0.5],
    ["ratio", 1.1, undefined],
    ["any", -9, -9],
    ["any", NaN, undefined],
    ["any", "9", undefined],
    ["wait", "2m", 120],
    ["size", "1GiB", 1024 ** 3],
    ["list", ["a", "b", "a"], ["a", "b"]],
    ["list", [""], undefined],
    ["list", [1], undefined],
    ["list", new Array(1001).fill("a"), undefined],
    ["one", "b", "b"],
    ["one", "c", undefined],
  ];
  for (const [name, data, expected] of cases) {
    const read = readValue(SPECS[name], { data });
    const label = `${name} ${JSON.stringify(data)}`.slice(0, 60);
    assertEquals(read.ok ? read.value : undefined, expected, label);
  }
});

Deno.test("readValue, an unquoted number is a text where one is wanted", () => {
  const read = readValue(SPECS.text, { data: 1200, text: "12e2" });
  assertEquals(read, { ok: true, value: "12e2" });
  assertEquals(readValue(SPECS.text, { data: null, text: "~" }).ok, false);
});

Deno.test("describe, says type and range", () => {
  assertEquals(describe(SPECS.flag), "expected true or false");
  assertEquals(describe(SPECS.count), "expected a whole number from 1 up");
  assertEquals(describe(SPECS.ratio), "expected a number from 0 to 1");
  assertEquals(describe(SPECS.any), "expected a number");
  assertEquals(
    describe(SPECS.wait),
    "expected seconds, or a duration like 500ms, 60s, 2m, 1h",
  );
  assertEquals(
    describe(SPECS.size),
    "expected bytes, or a size like 512KiB, 32MiB",
  );
});

Deno.test("formatValue, writes what can be read again", () => {
  assertEquals(formatValue(SPECS.flag, true), "true");
  assertEquals(formatValue(SPECS.text, "no"), '"no"');
  assertEquals(formatValue(SPECS.list, ["a", "b c"]), '[a, "b c"]');
  assertEquals(formatValue(SPECS.wait, 90), "90s");
  assertEquals(formatValue(SPECS.size, 1000), "1000");
});
