import { assertEquals, assertStringIncludes } from "@std/assert";

const MAIN = new URL("../../../main.ts", import.meta.url).pathname;

function command(args: string[]) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, ...args],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdout: "piped",
    stderr: "piped",
  });
}

Deno.test("systemIo, the process writes to its streams and exits with the code", async () => {
  const { code, stdout, stderr } = await command([
    "config",
    "print",
    "--default",
  ])
    .output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertStringIncludes(new TextDecoder().decode(stdout), "edgehub:");
  const wrong = await command(["nonsense"]).output();
  assertEquals(wrong.code, 2);
  assertStringIncludes(new TextDecoder().decode(wrong.stderr), "nonsense");
});

Deno.test("systemIo, a reader that went away is no failure", async () => {
  const child = command(["config", "print"]).spawn();
  await child.stdout.cancel();
  const err = await new Response(child.stderr).text();
  assertEquals((await child.status).code, 0, err);
});
