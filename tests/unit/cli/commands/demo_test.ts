import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { demoOf } from "../../../../lib/cli/commands/demo.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { ACTS, runActs } from "../../../../lib/demo/demo.ts";
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

Deno.test("demo, a step that does not hold makes it exit with 1, in both shapes", async () => {
  const [connect, insert, update] = ACTS;
  assert(connect && insert && update);
  // What the cloud sends does not arrive any more.
  const sabotaged = demoOf((options) =>
    runActs([connect, insert, (stage) => {
      stage.world.hub.faults.loseDownstream = true;
      return Promise.resolve();
    }, update], { ...options, timeoutMs: 500 })
  );
  const text = new FakeIo();
  assertEquals(await main(["demo"], text, [sabotaged]), 1);
  assertMatch(text.out, /FAILED\n +expected {2}update default\/pod\/web-0/);
  assertMatch(text.out, /\nA step failed, after \d+ that held in /);
  const json = new FakeIo();
  assertEquals(await main(["demo", "-o", "json"], json, [sabotaged]), 1);
  const lines = json.out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.at(-2)?.kind, "failed");
  assertEquals([lines.at(-1)?.kind, lines.at(-1)?.ok], ["result", false]);
});

Deno.test("demo, what is thrown is no result", async () => {
  const io = new FakeIo();
  const broken = demoOf(() => Promise.reject(new TypeError("broken")));
  assertEquals(await main(["demo"], io, [broken]), 1);
  assertStringIncludes(io.err, "broken");
});

Deno.test("demo, wrong options are refused before anything starts", async () => {
  for (
    const [option, value, expected] of [
      ["--output", "xml", "text or json"],
      ["--log-level", "loud", "error or warn or info or debug"],
      ["--limit", "soon", "seconds, 3600 at most"],
      ["--limit", "0", "seconds, 3600 at most"],
      ["--limit", "", "seconds, 3600 at most"],
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
