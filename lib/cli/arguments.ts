import { parseArgs } from "@std/cli";
import { nearest } from "../base/mod.ts";
import {
  type Command,
  type CommandInput,
  type OptionSpec,
  UsageError,
} from "./command.ts";
import type { Io } from "./io.ts";

const HELP: OptionSpec = {
  name: "help",
  short: "h",
  doc: "Show this help",
};

/** All options of a command, `--help` last. */
export function optionsOf(command: Command): readonly OptionSpec[] {
  return [...command.options, HELP];
}

/**
 * Reads the arguments after a command's name.
 *
 * @throws {UsageError} If an option is unknown, lacks its value, has one it
 *   does not take, or if there are words where none are taken.
 */
export function readArguments(
  command: Command,
  args: readonly string[],
  io: Io,
): CommandInput {
  const options = optionsOf(command);
  const switches = options.filter((option) => option.value === undefined);
  const valued = options.filter((option) => option.value !== undefined);
  checkValues(args, options);
  const parsed = parseArgs([...args], {
    boolean: switches.map((option) => option.name),
    string: ["_", ...valued.map((option) => option.name)],
    collect: valued.map((option) => option.name),
    alias: Object.fromEntries(
      options.flatMap(({ name, short }) => short ? [[name, short]] : []),
    ),
    unknown: (arg, key) => {
      if (key !== undefined) throw new UsageError(unknownOption(arg, options));
      return true;
    },
  });
  const words = parsed._.map(String);
  if (words.length > 0 && command.words === undefined) {
    throw new UsageError(`Unexpected argument: ${words[0]}`);
  }
  const values = (name: string): string[] => parsed[name] ?? [];
  return {
    io,
    words,
    flag: (name) => parsed[name] === true,
    value: (name) => values(name).at(-1),
    values,
  };
}

/** The parser lets a missing value pass as an empty one. */
function checkValues(
  args: readonly string[],
  options: readonly OptionSpec[],
): void {
  for (const [i, arg] of args.entries()) {
    if (arg === "--") return;
    const option = options.find(({ name, short }) =>
      arg === `--${name}` || (short !== undefined && arg === `-${short}`)
    );
    const next = args[i + 1];
    const isMissing = next === undefined || /^-./.test(next);
    if (option?.value !== undefined && isMissing) {
      throw new UsageError(`Option needs a value: ${arg} ${option.value}`);
    }
    const flag = options.find(({ name, value }) =>
      value === undefined && arg.startsWith(`--${name}=`)
    );
    if (flag) throw new UsageError(`Option takes no value: ${arg}`);
  }
}

function unknownOption(arg: string, options: readonly OptionSpec[]): string {
  const shown = arg.split("=")[0] ?? arg;
  const near = nearest(
    shown.replace(/^-+/, ""),
    options.map((option) => option.name),
  );
  const hint = near === undefined ? "" : `, did you mean --${near}`;
  return `Unknown option: ${shown}${hint}`;
}
