import { assertEquals, assertStringIncludes } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url);

async function compile(...args: string[]) {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "scripts/compile.ts", ...args],
    cwd: ROOT,
  }).output();
  return { code, out: new TextDecoder().decode(stdout) };
}

Deno.test("deno task compile, what it does not know exits 2 with the help", async () => {
  for (
    const [arg, text] of [
      ["--taget=x", "Unknown option: --taget"],
      ["extra", "Unknown option: extra"],
      ["--target=x", "Unknown target: x"],
    ] as const
  ) {
    const { code, out } = await compile(arg);
    assertEquals(code, 2, out);
    assertStringIncludes(out, text);
    assertStringIncludes(out, "Targets (all by default)");
  }
  assertEquals((await compile("--help")).code, 0);
});
