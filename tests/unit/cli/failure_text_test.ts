import { assertEquals } from "@std/assert";
import { failureText } from "../../../lib/cli/failure_text.ts";

class DoorError extends Error {
  override readonly name = "DoorError";
  readonly hint: string;

  constructor(message: string, options: { hint?: string; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.hint = options.hint ?? "";
  }
}

Deno.test("failureText, an error of ours speaks for itself", () => {
  const cause = new Deno.errors.NotFound("no such file");
  for (
    const [message, hint, expected] of [
      ["No door", "Make one", "No door"],
      ["No door: no such file", "", "No door: no such file"],
      ["No door", "", "No door: NotFound: no such file"],
      ["No door, token=hunter2", "Go", "No door, token=[redacted]"],
    ] as const
  ) {
    assertEquals(
      failureText(new DoorError(message, { hint, cause })),
      expected,
    );
  }
  assertEquals(failureText(new DoorError("No door", {})), "No door");
});

Deno.test("failureText, an error of language or runtime keeps its name", () => {
  assertEquals(failureText(new TypeError("x")), "TypeError: x");
  assertEquals(failureText(new Deno.errors.Busy("x")), "Busy: x");
  assertEquals(failureText("x"), "x");
});
