import { dirname, isAbsolute, join } from "node:path";
import { nearest } from "../base/mod.ts";
import type { Given, Place } from "./given.ts";
import type { Problem } from "./problem.ts";
import type { KeySpec } from "./key_spec.ts";
import { type ConfigKey, SCHEMA } from "./schema.ts";
import { describe, type RawValue, readValue } from "./value.ts";
import { readInline, readYaml } from "./yaml_file.ts";

/** What was given in one place, and what is wrong with it. */
export interface ReadResult {
  /** Good values. */
  readonly given: Given;
  /** What is wrong. */
  readonly problems: readonly Problem[];
}

/** A value with the name under which it was given. */
interface Named extends Place, RawValue {
  readonly name: string;
}

/** Longest value that an error shows, in UTF-16 units. */
const SHOWN_LENGTH_MAX = 80;

const SPECS: ReadonlyMap<string, KeySpec> = new Map(Object.entries(SCHEMA));

/** Every name under which a key is read, aliases included. */
const NAMES: ReadonlyMap<string, ConfigKey> = new Map(
  Object.entries(SCHEMA).flatMap(([key, spec]: [string, KeySpec]) =>
    [key, spec.alias ?? key].map((name) => [name, key as ConfigKey] as const)
  ),
);

/** Reads the text of edge.yaml; `source` names it in errors. */
export async function readFileText(
  source: string,
  text: string,
): Promise<ReadResult> {
  const { entries, problems } = await readYaml(source, text, kindOf);
  const named = entries.map((entry) => ({ ...entry, name: entry.key, source }));
  const read = collect(named, { once: true });
  const given = Object.fromEntries(
    Object.entries(read.given).map(([key, entry]) => [key, {
      ...entry,
      value: fromFolder(key, entry.value, dirname(source)),
    }]),
  );
  return { given, problems: [...problems, ...read.problems] };
}

/** Reads `key=value` words of the command line; the last of a key counts. */
export async function readSets(
  sets: readonly string[],
): Promise<ReadResult> {
  const source = "--set";
  const problems: Problem[] = [];
  const named: Named[] = [];
  for (const word of sets) {
    const at = word.indexOf("=");
    if (at < 1) {
      problems.push({ source, key: word, expected: "expected key=value" });
      continue;
    }
    const name = word.slice(0, at).trim();
    named.push({ name, source, ...await readSet(name, word.slice(at + 1)) });
  }
  const read = collect(named, { once: false });
  return { given: read.given, problems: [...problems, ...read.problems] };
}

async function readSet(name: string, text: string): Promise<RawValue> {
  const raw = await readInline(text);
  const type = SPECS.get(NAMES.get(name) ?? "")?.type;
  // `[::1]:80` is a text for a key of texts, whatever YAML makes of it.
  // A path may hold what YAML takes for a comment.
  const isText = type === "string" ||
    (type === "path" && typeof raw.data === "string");
  return isText && raw.text !== undefined ? { data: text } : raw;
}

function collect(
  named: readonly Named[],
  { once }: { once: boolean },
): ReadResult {
  const given: Given = {};
  const problems: Problem[] = [];
  for (const entry of named) {
    const { name, data, text, ...place } = entry;
    const key = NAMES.get(name);
    const spec = key && SPECS.get(key);
    if (!key || !spec) {
      problems.push(unknownKey(name, place));
      continue;
    }
    if (once && given[key]) {
      const expected =
        `expected either ${key} or ${spec.alias}, both are given`;
      problems.push({ ...pick(place), key: name, expected });
      continue;
    }
    const raw = text === undefined ? { data } : { data, text };
    const read = readValue(spec, raw);
    if (read.ok) given[key] = { ...pick(place), value: read.value };
    else problems.push({ ...pick(place), key: name, ...refusal(spec, data) });
  }
  return { given, problems };
}

/** Only what tells the place: entries carry more. */
function pick({ source, line, column }: Place): Place {
  return {
    source,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

function unknownKey(name: string, place: Place): Problem {
  const near = nearest(name, NAMES.keys());
  const problem = { ...pick(place), key: name, expected: "unknown key" };
  return near === undefined ? problem : { ...problem, nearest: near };
}

function refusal(
  spec: KeySpec,
  data: unknown,
): { expected: string; value?: string } {
  const expected = describe(spec);
  return spec.secret ? { expected } : { expected, value: showValue(data) };
}

/** A value for an error: short, on one line, without credentials of a URL. */
export function showValue(data: unknown): string {
  if (data === null) return "nothing";
  const text = (JSON.stringify(data) ?? String(data))
    .replace(/(:\/\/)[^\s/?#]*@/g, "$1[redacted]@");
  return text.length <= SHOWN_LENGTH_MAX
    ? text
    : `${text.slice(0, SHOWN_LENGTH_MAX)}...`;
}

function kindOf(path: string): "key" | "section" | undefined {
  if (NAMES.has(path)) return "key";
  const isSection = [...NAMES.keys()].some((k) => k.startsWith(`${path}.`));
  return isSection ? "section" : undefined;
}

function fromFolder(key: string, value: unknown, folder: string): unknown {
  const isPath = SPECS.get(key)?.type === "path";
  if (!isPath || typeof value !== "string" || value === "") return value;
  return isAbsolute(value) ? value : join(folder, value);
}
