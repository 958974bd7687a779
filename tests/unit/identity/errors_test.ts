import { assertEquals } from "@std/assert";
import { IdentityError } from "../../../lib/identity/mod.ts";

Deno.test("IdentityError, names the file and the remedy", () => {
  const cause = new Error("x");
  const error = new IdentityError("Cannot read", {
    file: "/a",
    hint: "Check",
    cause,
  });
  assertEquals(
    [error.name, error.message, error.file, error.hint, error.cause],
    ["IdentityError", "Cannot read", "/a", "Check", cause],
  );
});

Deno.test("IdentityError, about the peer has no file", () => {
  assertEquals(new IdentityError("m", { hint: "h" }).file, "");
});
