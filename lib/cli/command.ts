import type { Io } from "./io.ts";

/** Exit codes of the program. */
export const ExitCode = {
  /** Done. */
  ok: 0,
  /** It did not work. */
  failure: 1,
  /** Wrong arguments or configuration: nothing was touched. */
  usage: 2,
} as const;

/** What they mean, unless a command says otherwise. */
export const EXIT_CODES: Readonly<Record<number, string>> = {
  [ExitCode.ok]: "done",
  [ExitCode.failure]: "it did not work",
  [ExitCode.usage]: "wrong arguments or configuration, nothing was touched",
};

/** An option of a command. */
export interface OptionSpec {
  /** Its name, without hyphens. */
  readonly name: string;
  /** Its one-letter form, without the hyphen. */
  readonly short?: string;
  /** Name of its value in help, for example `FILE`; missing: it is a switch. */
  readonly value?: string;
  /** It may be given several times. */
  readonly many?: boolean;
  /** What it does, in one line. */
  readonly doc: string;
}

/** What was given to a command. */
export interface CommandInput {
  /** The world. */
  readonly io: Io;
  /** Words that are no options, if the command takes any. */
  readonly words: readonly string[];
  /** Whether a switch was given. */
  flag(name: string): boolean;
  /** The value of an option, the last one if it was given several times. */
  value(name: string): string | undefined;
  /** All values of an option that may be given several times. */
  values(name: string): readonly string[];
}

/** One subcommand: one file, one line in the table. */
export interface Command {
  /** Its words, for example `config check`. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** What else to know, in paragraphs. */
  readonly details?: string;
  /** Its options; `--help` is there by itself. */
  readonly options: readonly OptionSpec[];
  /** Names of the words it takes, for example `[COMMAND]`; missing: none. */
  readonly words?: string;
  /** Exit codes that mean something else, or more, than with all commands. */
  readonly exitCodes?: Readonly<Record<number, string>>;
  /** Command lines that work, each with what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /**
   * Does it.
   *
   * @returns The exit code.
   * @throws {UsageError} If the arguments are wrong.
   */
  run(input: CommandInput): Promise<number> | number;
}

/** The arguments are wrong. */
export class UsageError extends Error {
  /** Always `UsageError`. */
  override readonly name = "UsageError";
}

/** Options of every command that reads the configuration. */
export const CONFIG_OPTIONS: readonly OptionSpec[] = [
  {
    name: "config",
    short: "c",
    value: "FILE",
    doc: "Configuration file; without it all keys have their defaults",
  },
  {
    name: "set",
    value: "KEY=VALUE",
    many: true,
    doc: "Override a key of the configuration; may be repeated",
  },
];
