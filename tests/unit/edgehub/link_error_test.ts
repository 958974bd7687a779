import { assertEquals } from "@std/assert";
import { LinkError } from "../../../lib/edgehub/mod.ts";

Deno.test("LinkError, kind, hint, status and cause", () => {
  const cause = new Error("x");
  const error = new LinkError("upgrade", "no", {
    hint: "h",
    status: 403,
    cause,
  });
  assertEquals(
    [error.name, error.message, error.kind, error.hint, error.status],
    ["LinkError", "no", "upgrade", "h", 403],
  );
  assertEquals(error.cause, cause);
  const bare = new LinkError("silent", "m");
  assertEquals([bare.hint, bare.status], ["", undefined]);
});
