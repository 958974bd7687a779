import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readArguments } from "../../../lib/cli/arguments.ts";
import { COMMANDS, GROUPS } from "../../../lib/cli/commands.ts";
import { main } from "../../../lib/cli/mod.ts";
import { FakeIo } from "./fake_io.ts";

async function helpOf(name: string, io = new FakeIo()): Promise<string> {
  assertEquals(await main([...name.split(" "), "--help"], io), 0);
  assertEquals(io.err, "");
  return io.out;
}

Deno.test("helpOn, every command has examples, and says what its exit codes mean", async () => {
  for (const { name, examples } of COMMANDS) {
    const help = await helpOf(name);
    assert(examples.length > 0, name);
    const [, after = ""] = help.split("\nExamples\n");
    for (const [line, what] of examples) {
      assert(line.startsWith(name), line);
      assertStringIncludes(after, `  # ${what}\n  metamanager ${line}\n`);
    }
    const [, codes = ""] = help.split("\nExit codes\n");
    for (const code of [0, 1, 2]) {
      assert(new RegExp(`^  ${code} +\\S`, "m").test(codes), `${name} ${code}`);
    }
  }
});

Deno.test("helpOn, the examples of every command have options that it knows", () => {
  const io = new FakeIo();
  for (const command of COMMANDS) {
    for (const [line] of command.examples) {
      const [typed = ""] = line.split(/ [|<>]| \d>/);
      const words = typed.split(" ").slice(command.name.split(" ").length);
      readArguments(command, words, io);
    }
  }
});

Deno.test("helpOn, has colours on a terminal, and none with NO_COLOR or in a pipe", async () => {
  for (const { name } of COMMANDS) {
    const terminal = await helpOf(name, new FakeIo({ terminal: true }));
    const plain = await helpOf(name);
    assert(terminal.includes("\x1b[1m"), name);
    // deno-lint-ignore no-control-regex -- colours are made of them
    assertEquals(terminal.replace(/\x1b\[\d+m/g, ""), plain);
    const env = { NO_COLOR: "1" };
    assertEquals(
      await helpOf(name, new FakeIo({ terminal: true, env })),
      plain,
    );
  }
});

Deno.test("main, a slip in the name of any command names that command", async () => {
  for (const { name } of COMMANDS) {
    const slip = `${name.slice(0, -2)}${name.at(-1)}${name.at(-2)}`;
    const io = new FakeIo();
    assertEquals(await main(slip.split(" "), io), 2);
    assertStringIncludes(io.err, `did you mean ${name}\n`);
  }
});

Deno.test("main --help, names each command once, under headings, within 80 columns", async () => {
  const io = new FakeIo();
  assertEquals(await main(["--help"], io), 0);
  const lines = io.out.split("\n");
  const titles = lines.filter((line) => /^\S/.test(line)).slice(2, -1);
  assertEquals(titles, GROUPS.map(({ title }) => title));
  const named = lines.flatMap((line) =>
    /^ {2}(\S+(?: \S+)*) {2,}\S/.exec(line)?.[1] ?? []
  );
  assertEquals(named, COMMANDS.map(({ name }) => name));
  assertEquals(new Set(named).size, named.length);
  assertEquals(lines.filter((line) => line.length > 80), []);
});

Deno.test("main, words that begin commands show these alone", async () => {
  const io = new FakeIo();
  assertEquals(await main(["outbox", "--help"], io), 0);
  assertStringIncludes(io.out, "\nCommands\n  outbox list   ");
  assertEquals(io.out.includes("status"), false);
});
