import { assertEquals } from "@std/assert";
import { pemText } from "../../../lib/identity/pem.ts";

Deno.test("pemText, lines of 64 characters between the two marks", () => {
  assertEquals(
    pemText("X", new Uint8Array(50)),
    `-----BEGIN X-----\n${"A".repeat(64)}\nAAA=\n-----END X-----\n`,
  );
});
