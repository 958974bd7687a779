import { assertEquals, assertThrows } from "@std/assert";
import { at, expectEqual, StepFailedError } from "../../../lib/demo/check.ts";

Deno.test("expectEqual, equal JSON values pass, others name both", () => {
  expectEqual("names", { came: ["a", { b: 1 }], expected: ["a", { b: 1 }] });
  const error = assertThrows(
    () => expectEqual("names", { came: ["b"], expected: ["a"] }),
    StepFailedError,
  );
  assertEquals([error.expected, error.came], ['names: ["a"]', '["b"]']);
  const missing = assertThrows(
    () => expectEqual("uid", { came: undefined, expected: "x" }),
    StepFailedError,
  );
  assertEquals(missing.came, "undefined");
});

Deno.test("at, follows fields and indexes, and ends where there are none", () => {
  const value = { a: [{ b: "c" }] };
  assertEquals(at(value, "a", 0, "b"), "c");
  assertEquals(at(value), value);
  assertEquals(at(value, "a", 1, "b"), undefined);
  assertEquals(at("text", "a"), undefined);
  assertEquals(at(null, "a"), undefined);
});
