import { buildConfig } from "./build.ts";
import { complete } from "./complete.ts";
import type { Config } from "./config.ts";
import type { Given } from "./given.ts";
import { type Complaint, ConfigError, type Problem } from "./problem.ts";
import { readFileText, type ReadResult, readSets, showValue } from "./read.ts";
import type { KeySpec, Live } from "./key_spec.ts";
import { type ConfigKey, type ConfigValues, SCHEMA } from "./schema.ts";
import { notes, validate } from "./validate.ts";
import { formatValue } from "./value.ts";

/** Where the configuration comes from. */
export interface LoadOptions {
  /** Path of edge.yaml; without it all keys start from their defaults. */
  readonly file?: string;
  /** `key=value` words that override the file. */
  readonly sets?: readonly string[];
  /** Name of this machine: the node's name if nothing else names it. */
  readonly hostname: () => string;
  /** A variable of the environment, for the proxy. @default none is set */
  readonly env?: (name: string) => string | undefined;
  /** Reads a file. @default its first 4 MiB */
  readonly readText?: (path: string) => Promise<string>;
}

/** One key as it counts. */
export interface EffectiveEntry {
  /** Dotted path. */
  readonly key: string;
  /** Its value: durations in seconds, sizes in bytes. */
  readonly value: unknown;
  /** Its value as it may stand in edge.yaml. */
  readonly text: string;
  /** Where it comes from: `default`, `--set`, `edge.yaml:12`, `host name`. */
  readonly source: string;
  /** When a change of it counts. */
  readonly live: Live;
}

/** A configuration that can be used. */
export interface LoadedConfig {
  /** The values. */
  readonly config: Config;
  /** Where each value comes from, by dotted path. */
  readonly sources: Readonly<Record<string, string>>;
  /** What an operator should know although nothing is wrong. */
  readonly notes: readonly string[];
  /** What it was made from, for `takeUp`; holds secrets. */
  readonly origin: object;
  /** All keys as they count, in the order of the schema. */
  effective(): EffectiveEntry[];
}

/** What a configuration was made from. */
export interface Origin {
  /** What was given. */
  readonly given: Given;
  /** All values, completed. */
  readonly values: ConfigValues;
}

/** Longest file that is read, in UTF-16 units; edge.yaml has some thousands. */
const FILE_LENGTH_MAX = 1024 * 1024;

/** What stands where a secret was. */
const REDACTED = "[redacted]";

const NOTHING: ReadResult = { given: {}, problems: [] };

/**
 * Reads, checks and completes the configuration. It touches nothing but the
 * file.
 *
 * @throws {ConfigError} With everything that is wrong at once: an unreadable
 *   file, invalid YAML, unknown keys, wrong types, values out of range or at
 *   odds with each other.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const file = options.file === undefined
    ? NOTHING
    : await readFile(options.file, options.readText ?? readBounded);
  const sets = await readSets(options.sets ?? []);
  const given: Given = { ...file.given, ...sets.given };
  return assemble(given, [...file.problems, ...sets.problems], options);
}

/**
 * Makes a configuration out of what was given.
 *
 * @param found What is already known to be wrong.
 * @throws {ConfigError} With that, and all else that is wrong.
 */
export function assemble(
  given: Given,
  found: readonly Problem[],
  machine: Pick<LoadOptions, "hostname" | "env">,
): LoadedConfig {
  const problems = [...found];
  const values = withDefaults(given);
  const { hostname, env = () => undefined } = machine;
  const completed = complete(values, given, { hostname, env });
  for (const complaint of [...completed.complaints, ...validate(values)]) {
    problems.push(located(complaint, values, given));
  }
  if (problems.length > 0) throw new ConfigError(inOrder(problems));
  const { sources } = completed;
  return {
    config: buildConfig(completed.values, given),
    sources,
    notes: notes(completed.values),
    origin: { given, values: completed.values } satisfies Origin,
    effective: () => effective(completed.values, sources),
  };
}

/** The file from top to bottom, then the command line, then what is missing. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const rank = ({ source }: Problem) =>
    ["--set", "default"].indexOf(source) + 1;
  return problems.toSorted((a, b) =>
    rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0)
  );
}

/** No more than is refused: a mistyped path may name a file of any size. */
async function readBounded(file: string): Promise<string> {
  using opened = await Deno.open(file);
  const bytes = new Uint8Array(4 * FILE_LENGTH_MAX);
  let length = 0;
  while (length < bytes.length) {
    const count = await opened.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}

async function readFile(
  file: string,
  readText: (path: string) => Promise<string>,
): Promise<ReadResult> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const expected = `expected a readable file: ${reason}`;
    const problem = { source: file, key: "", expected };
    throw new ConfigError([problem], { cause: error });
  }
  if (text.length <= FILE_LENGTH_MAX) return await readFileText(file, text);
  const expected = `expected a file of at most ${FILE_LENGTH_MAX} characters`;
  throw new ConfigError([{ source: file, key: "", expected }]);
}

/** What was given over the defaults; `readValue` has checked each against its key. */
export function withDefaults(given: Given): ConfigValues {
  return Object.fromEntries(
    Object.entries(SCHEMA).map(([key, spec]) => {
      const entry = given[key as ConfigKey];
      return [key, entry === undefined ? spec.default : entry.value];
    }),
  ) as unknown as ConfigValues;
}

function located(
  complaint: Complaint,
  values: ConfigValues,
  given: Given,
): Problem {
  const { key, expected, because } = complaint;
  const spec: KeySpec = SCHEMA[key];
  const entry = given[key] ?? (because && given[because]);
  const { source, line, column } = entry ?? { source: "default" };
  return {
    source,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    key,
    ...(spec.secret ? {} : { value: showValue(values[key]) }),
    expected,
  };
}

function effective(
  values: ConfigValues,
  sources: Readonly<Record<ConfigKey, string>>,
): EffectiveEntry[] {
  const entries = Object.entries(SCHEMA) as [ConfigKey, KeySpec][];
  return entries.map(([key, spec]) => {
    const source = sources[key];
    const live = spec.live ?? "restart";
    if (spec.secret && values[key] !== "") {
      // The output can be used as edge.yaml; a placeholder could not.
      const text = formatValue(spec, "");
      return {
        key,
        value: REDACTED,
        text,
        source: `${source}, not shown`,
        live,
      };
    }
    const text = formatValue(spec, values[key]);
    return { key, value: values[key], text, source, live };
  });
}
