import { assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../../../lib/cli/commands.ts";
import { isInstalled, lines, script } from "./shells.ts";

const SCRIPT = await script("fish");

Deno.test("fish completion, has every command with every option", () => {
  for (const { name, options } of COMMANDS) {
    for (const { name: option } of options) {
      assertStringIncludes(
        SCRIPT,
        `complete -c metamanager -n '__metamanager_is ${name}' -l ${option} `,
      );
    }
  }
});

Deno.test("fish completion, fish offers commands, options, values and keys", async () => {
  if (!await isInstalled("fish")) return;
  const offered = async (line: string) => {
    const program = `${SCRIPT}\ncomplete -C 'metamanager ${line}'`;
    const found = await lines("fish", ["--no-config", "-c", program]);
    return found.map((entry) => entry.split("\t")[0] ?? "").sort();
  };
  const firsts = new Set(COMMANDS.map(({ name }) => name.split(" ")[0] ?? ""));
  assertEquals(await offered(""), [...firsts].sort());
  assertEquals(await offered("config "), ["check", "print"]);
  assertEquals(await offered("status --o"), ["--output"]);
  assertEquals(await offered("demo -o "), ["json", "text"]);
  assertEquals(await offered("outbox list --output="), [
    "--output=json",
    "--output=text",
  ]);
  assertEquals(await offered("run --set log."), [
    "log.format=",
    "log.journald=",
    "log.level=",
  ]);
  assertEquals(await offered("run --set log.format="), [
    "log.format=human",
    "log.format=json",
  ]);
  assertEquals(await offered("completion "), ["bash", "fish", "zsh"]);
});
