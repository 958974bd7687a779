import { assertEquals } from "@std/assert";
import { hasBearer } from "../../../lib/base/mod.ts";

Deno.test("hasBearer, takes the one right word and nothing like it", () => {
  for (
    const [field, expected] of [
      ["Bearer word", true],
      ["bearer word", true],
      ["Bearer wor", false],
      ["Bearer words", false],
      ["Bearer  word", false],
      ["Bearer word more", false],
      ["Bearer ", false],
      ["Basic word", false],
      ["word", false],
    ] as const
  ) {
    const headers = new Headers({ authorization: field });
    assertEquals(hasBearer(headers, "word"), expected, field);
  }
  assertEquals(hasBearer(new Headers(), "word"), false);
});
