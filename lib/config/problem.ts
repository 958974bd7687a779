import type { ConfigKey } from "./schema.ts";

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** Where it was given: a file, or `--set`. */
  readonly source: string;
  /** Line in the file, from 1. */
  readonly line?: number;
  /** Column in the line, from 1. */
  readonly column?: number;
  /** Dotted path of the key; empty if it is about the whole file. */
  readonly key: string;
  /** The value as it was given; left out where it may be a secret. */
  readonly value?: string;
  /** What is wrong and what was expected. */
  readonly expected: string;
  /** The known key that was probably meant. */
  readonly nearest?: string;
}

/** Something wrong with one key, seen beside the others. */
export interface Complaint {
  /** The key. */
  readonly key: ConfigKey;
  /** What is wrong and what was expected. */
  readonly expected: string;
  /** The key that asks for this one: its place is told if this one has none. */
  readonly because?: ConfigKey;
}

/** The configuration cannot be used; nothing has been touched. */
export class ConfigError extends Error {
  /** Always `ConfigError`. */
  override readonly name = "ConfigError";
  /** Everything that is wrong, in the order of the file. */
  readonly problems: readonly Problem[];

  /** An error for all problems at once. */
  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    const lines = problems.map(formatProblem).join("\n");
    super(`Cannot use the configuration:\n${lines}`, options);
    this.problems = problems;
  }
}

/** One problem as one line: `edge.yaml:12:5: key: expected ..., got "..."`. */
export function formatProblem(problem: Problem): string {
  const { source, line, column, key, value, expected, nearest } = problem;
  const place = [source, line, column].filter((p) => p !== undefined).join(":");
  const got = value === undefined ? "" : `, got ${value}`;
  const hint = nearest === undefined ? "" : `, did you mean ${nearest}`;
  return `${place}: ${key ? `${key}: ` : ""}${expected}${got}${hint}`;
}
