import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";

const OPTIONS = {
  boolean: ["verbose", "color"],
  string: ["name", "list"],
  collect: ["list"],
  negatable: ["color"],
  alias: { verbose: "v", name: ["n"] },
  default: { color: true },
} as const;

Deno.test("parseArgs, declared options, aliases and defaults", () => {
  assertEquals(parseArgs([], OPTIONS), {
    _: [],
    color: true,
    list: [],
    verbose: false,
    v: false,
  });
  const args = ["-v", "-n", "x", "--list=1", "--list", "2", "--no-color"];
  assertEquals(parseArgs(args, OPTIONS), {
    _: [],
    color: false,
    list: ["1", "2"],
    name: "x",
    n: "x",
    verbose: true,
    v: true,
  });
});

Deno.test("parseArgs, values are taken as the real package takes them", () => {
  const read = (...args: string[]) => {
    const { name, verbose, _ } = parseArgs(args, OPTIONS);
    return { name, verbose, _ };
  };
  assertEquals(read("--name", "--verbose", "p"), {
    name: "",
    verbose: true,
    _: ["p"],
  });
  assertEquals(read("--name", "-"), { name: "-", verbose: false, _: [] });
  assertEquals(read("--verbose=false", "5", "x5"), {
    name: undefined,
    verbose: false,
    _: [5, "x5"],
  });
  assertEquals(read("--verbose", "false").verbose, false);
  assertEquals(read("--", "--name", "y")._, ["--name", "y"]);
});

Deno.test("parseArgs, stopEarly leaves the rest to the subcommand", () => {
  const options = { boolean: ["flag"], stopEarly: true } as const;
  assertEquals(parseArgs(["--flag", "run", "--x", "1"], options), {
    _: ["run", "--x", "1"],
    flag: true,
  });
});

Deno.test("parseArgs, unknown is asked for what is not declared", () => {
  const asked: unknown[] = [];
  const unknown = (arg: string, key?: string, value?: unknown) => {
    asked.push([arg, key, value]);
    return arg === "--kept=3";
  };
  const args = ["--bad", "--kept=3", "p", "--flag"];
  assertEquals(parseArgs(args, { boolean: ["flag"], unknown }), {
    _: [],
    kept: 3,
    flag: true,
  });
  assertEquals(asked, [
    ["--bad", "bad", true],
    ["--kept=3", "kept", 3],
    ["p", undefined, undefined],
  ]);
});
