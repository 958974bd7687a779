import { nearest } from "../base/mod.ts";
import { ConfigError } from "../config/mod.ts";
import { readArguments } from "./arguments.ts";
import { type Command, ExitCode, UsageError } from "./command.ts";
import type { CommandGroup } from "./commands.ts";
import { run } from "./commands/run.ts";
import { failureText } from "./failure_text.ts";
import { helpAll, helpOn } from "./help.ts";
import type { Io } from "./io.ts";
import { painter } from "./style.ts";

const HELP_WORDS: ReadonlySet<string> = new Set(["help", "--help", "-h"]);

/**
 * Runs the program.
 *
 * @param args Arguments after the program's name.
 * @param io The world.
 * @param commands The subcommands. @default all of them
 * @returns The exit code: 0 done, 1 failed, 2 wrong arguments or configuration.
 */
export async function main(
  args: readonly string[],
  io: Io,
  commands?: readonly Command[],
): Promise<number> {
  const groups = commands ? under(commands) : await groupsFor(args);
  return await guarded(args, io, groups);
}

/**
 * The commands that the arguments may mean. A node lives for months with what
 * it loaded at its start, so `run` loads nothing that only others need.
 */
async function groupsFor(
  [first]: readonly string[],
): Promise<readonly CommandGroup[]> {
  if (first === run.name) return under([run]);
  return (await import("./commands.ts")).GROUPS;
}

async function guarded(
  args: readonly string[],
  io: Io,
  groups: readonly CommandGroup[],
): Promise<number> {
  try {
    return await dispatch(args, io, groups);
  } catch (error) {
    const paint = painter(io, "stderr");
    if (error instanceof ConfigError) {
      io.stderr(`${paint("red", "error:")} ${error.message}\n`);
      return ExitCode.usage;
    }
    if (error instanceof UsageError) {
      io.stderr(`${paint("red", "error:")} ${error.message}\n`);
      const name = find(args, groups)?.command.name;
      io.stderr(
        name === undefined
          ? "Run 'metamanager --help' to see what there is.\n"
          : `Run 'metamanager ${name} --help' to see what it takes.\n`,
      );
      return ExitCode.usage;
    }
    io.stderr(`${paint("red", "error:")} ${failureText(error)}\n`);
    const hint = error instanceof Error && "hint" in error ? error.hint : "";
    if (typeof hint === "string" && hint) {
      io.stderr(`${paint("yellow", "hint:")} ${hint}\n`);
    }
    return error instanceof Error && "exitCode" in error
      ? Number(error.exitCode)
      : ExitCode.failure;
  }
}

async function dispatch(
  args: readonly string[],
  io: Io,
  groups: readonly CommandGroup[],
): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined) {
    io.stderr(helpAll(groups, painter(io, "stderr")));
    return ExitCode.usage;
  }
  if (HELP_WORDS.has(first)) return help(rest, io, groups);
  if (first === "--version") return await dispatch(["version"], io, groups);
  const found = find(args, groups);
  if (!found) return section(args, io, groups);
  const input = readArguments(found.command, found.rest, io);
  if (input.flag("help")) {
    io.stdout(helpOn(found.command, painter(io, "stdout")));
    return ExitCode.ok;
  }
  return await found.command.run(input);
}

/** The command that the first words name, and what follows it. */
function find(
  args: readonly string[],
  groups: readonly CommandGroup[],
): { command: Command; rest: readonly string[] } | undefined {
  for (const command of commandsOf(groups)) {
    const { length } = command.name.split(" ");
    if (args.slice(0, length).join(" ") === command.name) {
      return { command, rest: args.slice(length) };
    }
  }
  return undefined;
}

function help(
  words: readonly string[],
  io: Io,
  groups: readonly CommandGroup[],
): number {
  const names = words.filter((word) => !HELP_WORDS.has(word));
  const paint = painter(io, "stdout");
  const found = find(names, groups);
  if (names.length > 0 && !found) return section(names, io, groups);
  io.stdout(
    found ? helpOn(found.command, paint) : helpAll(groups, paint),
  );
  return ExitCode.ok;
}

function commandsOf(groups: readonly CommandGroup[]): readonly Command[] {
  return groups.flatMap(({ commands }) => commands);
}

/** Some commands under one heading. */
function under(commands: readonly Command[]): readonly CommandGroup[] {
  return [{ title: "Commands", commands }];
}

/** Words like `config` that only begin a command: says which there are. */
function section(
  args: readonly string[],
  io: Io,
  groups: readonly CommandGroup[],
): number {
  const commands = commandsOf(groups);
  const [first = "", ...rest] = args;
  const below = commands.filter((c) => c.name.startsWith(`${first} `));
  const isHelp = rest.every((word) => HELP_WORDS.has(word));
  if (below.length > 0 && isHelp) {
    io.stdout(helpAll(under(below), painter(io, "stdout")));
    return rest.length > 0 ? ExitCode.ok : ExitCode.usage;
  }
  if (first.startsWith("-")) throw new UsageError(optionFirst(args, commands));
  const words = args.slice(0, 2).filter((word) => !word.startsWith("-"));
  const names = commands.map((command) => command.name);
  const near = nearest(words.join(" "), names) ?? nearest(first, names);
  const hint = near === undefined ? "" : `, did you mean ${near}`;
  throw new UsageError(`Unknown command: ${words.join(" ") || first}${hint}`);
}

/** Options belong to a command, so it comes first. */
function optionFirst(
  args: readonly string[],
  commands: readonly Command[],
): string {
  const given = commands.find(({ name }) =>
    ` ${args.join(" ")} `.includes(` ${name} `)
  );
  return given === undefined
    ? `Expected a command, got: ${args[0]}`
    : `Expected the command before its options: metamanager ${given.name} ` +
      `${args[0]} ...`;
}
