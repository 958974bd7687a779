import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../../../lib/cli/mod.ts";
import { FakeIo } from "../fake_io.ts";

Deno.test("demo, as JSON every line is an object and the last is the result", async () => {
  const io = new FakeIo({ terminal: true });
  const code = await main(["demo", "-o", "json", "--log-level", "info"], io);
  const lines = io.out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals([code, lines.at(-1)?.ok], [0, true]);
  assertEquals(lines[0]?.kind, "act");
  assertEquals(lines.some(({ kind }) => kind === "failed"), false);
  assertStringIncludes(io.err, "node runs");
});

Deno.test("demo, wrong options are refused before anything starts", async () => {
  for (
    const [option, value, expected] of [
      ["--output", "xml", "text or json"],
      ["--log-level", "loud", "error or warn or info or debug"],
    ] as const
  ) {
    const io = new FakeIo();
    assertEquals(await main(["demo", option, value], io), 2);
    assertEquals(io.out, "");
    assertStringIncludes(
      io.err,
      `${option} expects ${expected}, got: ${value}`,
    );
  }
});
