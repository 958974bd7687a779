import { assertEquals } from "@std/assert";
import { COMMANDS } from "../../../../lib/cli/commands.ts";
import { settings } from "../../../../lib/config/mod.ts";
import { lines, script } from "./shells.ts";

const SCRIPT = await script("bash");

/** What bash would offer behind a line. */
async function offered(line: string, cwd?: string): Promise<string[]> {
  const program = `${SCRIPT}
COMP_LINE='${line}' COMP_POINT=\${#COMP_LINE}
COMP_WORDS=($COMP_LINE) COMP_CWORD=\${#COMP_WORDS[@]}
_metamanager
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return await lines("bash", ["--norc", "-c", program], cwd);
}

Deno.test("bash completion, bash offers the first and the second words", async () => {
  const firsts = new Set(COMMANDS.map(({ name }) => name.split(" ")[0] ?? ""));
  assertEquals((await offered("metamanager ")).sort(), [...firsts].sort());
  assertEquals(await offered("metamanager stat"), ["status"]);
  assertEquals(await offered("metamanager config "), ["check", "print"]);
  assertEquals(await offered("metamanager config pr"), ["print"]);
  assertEquals(await offered("metamanager nothing "), []);
});

Deno.test("bash completion, bash offers every option of every command", async () => {
  for (const { name, options } of COMMANDS) {
    const names = [...options.map((one) => `--${one.name}`), "--help"];
    assertEquals(await offered(`metamanager ${name} --`), names, name);
  }
});

Deno.test("bash completion, bash offers the values of options, apart and joined", async () => {
  for (const form of ["--output ", "-o ", "--output="]) {
    assertEquals(await offered(`metamanager outbox list ${form}`), [
      "text",
      "json",
    ]);
  }
  assertEquals(await offered("metamanager config print -o y"), ["yaml"]);
  assertEquals(await offered("metamanager demo --log-level d"), ["debug"]);
  assertEquals(await offered("metamanager join --node-id "), []);
  assertEquals(await offered("metamanager completion z"), ["zsh"]);
});

Deno.test("bash completion, bash offers keys of the configuration and their values", async () => {
  const keys = await offered("metamanager run --set log.");
  assertEquals(keys, ["log.level=", "log.format=", "log.journald="]);
  for (const form of ["--set ", "--set="]) {
    assertEquals(await offered(`metamanager run ${form}log.format=`), [
      "human",
      "json",
    ]);
  }
  assertEquals(
    await offered("metamanager run --set "),
    settings().map(({ key }) => `${key}=`),
  );
});

Deno.test("bash completion, bash offers files and folders, with blanks in their names", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/my edge.yaml`, "");
    await Deno.mkdir(`${folder}/certs`);
    for (const form of ["--config ", "-c ", "--config="]) {
      const found = await offered(`metamanager run ${form}`, folder);
      assertEquals(found.sort(), ["certs", "my edge.yaml"]);
    }
    const dirs = await offered("metamanager join --cert-dir ", folder);
    assertEquals(dirs, ["certs"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
