import { assertEquals, assertThrows } from "@std/assert";
import { assert, AssertionError, unreachable } from "../../../lib/base/mod.ts";

Deno.test("assert, lets pass what holds and names what does not", () => {
  for (const held of [true, 1, "x", {}]) assert(held, "never seen");
  for (const broken of [false, 0, "", null, undefined]) {
    const error = assertThrows(
      () => assert(broken, "the batch is open"),
      AssertionError,
      "Invariant broken: the batch is open",
    ) as AssertionError;
    assertEquals(error.name, "AssertionError");
  }
});

Deno.test("unreachable, names the case", () => {
  assertThrows(
    () => unreachable({ kind: "new" } as never),
    AssertionError,
    'Unexpected case: {"kind":"new"}',
  );
});
