import { assertEquals, assertStringIncludes } from "@std/assert";
import { runTool } from "../../support/install_script.ts";

function release(...args: string[]) {
  const flags = ["run", "--no-check", "--no-prompt", "--allow-read"];
  return runTool(Deno.execPath(), ...flags, "scripts/release.ts", ...args);
}

Deno.test("deno task release, what it does not know exits 2 with the help", async () => {
  const { code, out } = await release("--oot", "x");
  assertEquals(code, 2);
  assertStringIncludes(out, "Unknown option '--oot'");
  assertStringIncludes(out, "--check");
  assertEquals((await release("--help")).code, 0);
});

Deno.test("deno task release, a tag that is not the changelog's version builds nothing", async () => {
  const { code, out } = await release("--tag", "v0.0.1");
  assertEquals(code, 1);
  assertStringIncludes(out, "error: The tag is not that of CHANGELOG.md");
});
