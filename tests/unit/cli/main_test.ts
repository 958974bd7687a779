import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../../lib/cli/commands.ts";
import { type Command, main, UsageError } from "../../../lib/cli/mod.ts";
import { FakeIo } from "./fake_io.ts";

const ECHO: Command = {
  name: "say hello",
  summary: "Says hello",
  words: "[NAME]",
  options: [
    { name: "to", short: "t", value: "WHOM", many: true, doc: "Whom" },
    { name: "loud", doc: "Louder" },
  ],
  examples: [["say hello", "Says it"]],
  run({ io, words, flag, value, values }) {
    if (words[0] === "fail") throw new Error("token=hunter2 is wrong");
    if (words[0] === "usage") throw new UsageError("No such name: usage");
    io.stdout(JSON.stringify([words, flag("loud"), value("to"), values("to")]));
    return 7;
  },
};

async function run(...args: string[]) {
  const io = new FakeIo();
  const code = await main(args, io, [ECHO]);
  return { code, out: io.out, err: io.err };
}

Deno.test("main, runs the command that the words name with its options", async () => {
  assertEquals(
    await run("say", "hello", "a", "007", "-t", "x", "--to=y", "--loud"),
    { code: 7, out: '[["a","007"],true,"y",["x","y"]]', err: "" },
  );
  assertEquals((await run("say", "hello")).out, "[[],false,null,[]]");
  assertEquals(
    (await run("say", "hello", "--", "--loud")).out,
    '[["--loud"],false,null,[]]',
  );
});

Deno.test("main, without arguments shows help on standard error and exits 2", async () => {
  const { code, out, err } = await run();
  assertEquals([code, out], [2, ""]);
  assertStringIncludes(err, "say hello");
});

Deno.test("main, help and --help show all commands or one", async () => {
  for (const args of [["help"], ["--help"], ["-h"]]) {
    const { code, out } = await run(...args);
    assertEquals(code, 0);
    assertStringIncludes(out, "say hello  Says hello");
  }
  for (
    const args of [
      ["help", "say", "hello"],
      ["say", "hello", "--help"],
      ["say", "hello", "-h", "--loud"],
    ]
  ) {
    const { code, out } = await run(...args);
    assertEquals(code, 0);
    assertStringIncludes(out, "metamanager say hello [NAME] [OPTIONS]");
    assertStringIncludes(out, "-t, --to WHOM");
    assertStringIncludes(out, "# Says it\n  metamanager say hello");
  }
});

Deno.test("main, the first word of commands shows those below it", async () => {
  const alone = await run("say");
  assertEquals(alone.code, 2);
  assertStringIncludes(alone.out, "say hello");
  assertEquals((await run("say", "--help")).code, 0);
  assertEquals((await run("help", "say")).code, 2);
});

Deno.test("main, an unknown command names the nearest and exits 2", async () => {
  for (
    const [args, near] of [
      [["say", "helo"], "Unknown command: say helo, did you mean say hello"],
      [["sayhello"], "Unknown command: sayhello, did you mean say hello"],
      [["kubernetes"], "Unknown command: kubernetes\n"],
      [["help", "kubernetes"], "Unknown command: kubernetes\n"],
      [["--wat"], "Expected a command, got: --wat\n"],
      [
        ["--to", "x", "say", "hello"],
        "Expected the command before its options: metamanager say hello --to ...\n",
      ],
    ] as const
  ) {
    const { code, err } = await run(...args);
    assertEquals(code, 2, args.join(" "));
    assertStringIncludes(err, near);
  }
});

Deno.test("main, wrong options exit 2 and say what is wrong", async () => {
  for (
    const [args, expected] of [
      [["--loed"], "Unknown option: --loed, did you mean --loud"],
      [["--qqqqqqq=1"], "Unknown option: --qqqqqqq\n"],
      [["--to"], "Option needs a value: --to WHOM"],
      [["--to", "--loud"], "Option needs a value: --to WHOM"],
      [["-t"], "Option needs a value: -t WHOM"],
      [["--loud=yes"], "Option takes no value: --loud=yes"],
      [["usage"], "No such name: usage"],
    ] as const
  ) {
    const { code, out, err } = await run("say", "hello", ...args);
    assertEquals([code, out], [2, ""], args.join(" "));
    assertStringIncludes(err, expected);
    assertStringIncludes(err, "Run 'metamanager say hello --help'");
  }
});

Deno.test("main, words are refused where a command takes none", async () => {
  const io = new FakeIo();
  assertEquals(await main(["version", "now"], io), 2);
  assertStringIncludes(io.err, "Unexpected argument: now");
});

Deno.test("main, a failure exits 1 and shows no secret", async () => {
  const { code, err } = await run("say", "hello", "fail");
  assertEquals(code, 1);
  assertEquals(err, "error: Error: token=[redacted] is wrong\n");
});

Deno.test("main, an error of ours is told without class names and causes", async () => {
  const io = new FakeIo();
  const set = "admin.socket=/nonexistent/admin.sock";
  assertEquals(await main(["reconnect", "--set", set], io), 1);
  assertEquals(
    io.err,
    "error: No node runs: there is no /nonexistent/admin.sock\n" +
      "hint: Start it, or give the configuration it runs with: --config FILE\n",
  );
});

Deno.test("main, every command has help with an example and a unique name", async () => {
  const names = new Set(COMMANDS.map((command) => command.name));
  assertEquals(names.size, COMMANDS.length);
  for (const { name, examples } of COMMANDS) {
    assert(examples.length > 0, name);
    for (const [line] of examples) assert(line.startsWith(name), line);
    const io = new FakeIo();
    assertEquals(await main([...name.split(" "), "--help"], io), 0);
    assertStringIncludes(io.out, `metamanager ${name}`);
  }
});

Deno.test("main, help fits a terminal of 80 columns, but for examples", async () => {
  const pages = [["--help"], ...COMMANDS.map(({ name }) => ["help", name])];
  for (const words of pages) {
    const io = new FakeIo();
    assertEquals(await main(words.join(" ").split(" "), io), 0);
    const [page = ""] = io.out.split("\nExamples\n");
    for (const line of page.split("\n")) assert(line.length <= 80, line);
  }
});

Deno.test("main, --version is version", async () => {
  const io = new FakeIo();
  assertEquals(await main(["--version"], io), 0);
  assertStringIncludes(io.out, "sqlite");
});
