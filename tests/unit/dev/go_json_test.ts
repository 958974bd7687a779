import { assertEquals } from "@std/assert";
import { goFrame, goJson, sorted } from "../../../lib/dev/go_json.ts";
import { recording } from "./fixtures.ts";

Deno.test("goJson, escapes what Go escapes and stays the same value", () => {
  const value = { a: "<b>&\u2028\u2029é" };
  assertEquals(goJson(value), '{"a":"\\u003cb\\u003e\\u0026\\u2028\\u2029é"}');
  assertEquals(JSON.parse(goJson(value)), value);
});

Deno.test("goFrame, the text of a recorded frame byte for byte", () => {
  for (const { from, frame } of recording("cloudcore-v1.15.0.jsonl")) {
    if (from !== "cloud" || !frame) continue;
    assertEquals(goFrame(JSON.parse(frame)), frame);
  }
});

Deno.test("sorted, keys at every depth", () => {
  assertEquals(
    JSON.stringify(sorted({ b: [{ d: 1, c: 2 }], a: null })),
    '{"a":null,"b":[{"c":2,"d":1}]}',
  );
});
