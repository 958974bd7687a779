/**
 * Writes docs/configuration.md: every key of the configuration, from the
 * schema itself, so that the page cannot say what the program does not.
 *
 *     deno task reference [--check]
 *
 * With `--check` nothing is written, and the exit code is 1 if the page is not
 * what would be written.
 *
 * @module
 */
import type { KeySpec } from "../lib/config/key_spec.ts";
import { SCHEMA } from "../lib/config/schema.ts";

/** Where the page lies. */
export const PAGE = new URL("../docs/configuration.md", import.meta.url);

const HEAD = `# Configuration

<!-- Written by \`deno task reference\` from lib/config/schema.ts. -->

The node reads one YAML file, \`metamanager run --config FILE\`; a key that is not
given has its default, and \`--set key=value\` overrides any of them.
[conf/edge.yaml](../conf/edge.yaml) holds all keys with their defaults, ready to
be changed.

\`\`\`
metamanager config check --config FILE     # what is wrong, with file, line and key
metamanager config print --config FILE     # what counts, and where it comes from
\`\`\`

Durations are seconds (\`60\`, \`0.5\`) or text (\`500ms\`, \`60s\`, \`2m\`, \`24h\`),
sizes are bytes or text (\`512KiB\`, \`32MiB\`). Relative paths start at the folder
of the file. Names are those of KubeEdge v1.0 where it has them.

\`metamanager reload\`, or SIGHUP, has the running node read its file again; a
file with a mistake changes nothing. What each key says: some count at once, for
some the node dials its cloud anew, all others need a restart, and the reload
names them.
`;

const TITLES: Readonly<Record<string, string>> = {
  edgehub: "The link to the cloud",
  meta: "The message processor",
  edged: "The link to pod agents",
  admin: "The operator's access",
  store: "The store",
  log: "Log lines",
};

/** The page as it should be. */
export function referencePage(): string {
  const sections = new Map<string, string[]>();
  for (const [key, spec] of Object.entries<KeySpec>(SCHEMA)) {
    const [section = ""] = key.split(".");
    const lines = sections.get(section) ?? [];
    lines.push(entry(key, spec));
    sections.set(section, lines);
  }
  const texts = [...sections].map(([section, lines]) =>
    `\n## ${TITLES[section] ?? section}\n\n${lines.join("")}`
  );
  return HEAD + texts.join("");
}

function entry(key: string, spec: KeySpec): string {
  const facts = [typeOf(spec), `default ${defaultOf(spec)}`];
  const range = rangeOf(spec);
  if (range) facts.push(range);
  if (spec.alias) facts.push(`also \`${spec.alias}\``);
  if (spec.secret) facts.push("never printed");
  facts.push(RELOADED[spec.live ?? "restart"]);
  return `- **\`${key}\`**: ${spec.doc}\n  _${facts.join("; ")}_\n`;
}

/** What a change needs, by `live` of a key. */
const RELOADED = {
  "at-once": "counts at once",
  redial: "counts with a new dial",
  restart: "needs a restart",
} as const;

function typeOf(spec: KeySpec): string {
  if (spec.type === "enum") {
    return spec.values.map((value) => `\`${value}\``).join(" or ");
  }
  return { ...NAMES }[spec.type] ?? spec.type;
}

const NAMES: Readonly<Record<string, string>> = {
  string: "text",
  strings: "list of texts",
  bytes: "size",
  boolean: "`true` or `false`",
};

function defaultOf({ type, default: value }: KeySpec): string {
  if (value === "" || (Array.isArray(value) && value.length === 0)) {
    return "empty";
  }
  if (Array.isArray(value)) return `\`${value.join(", ")}\``;
  return `\`${quantity(type, value)}\``;
}

function rangeOf(spec: KeySpec): string {
  const { type } = spec;
  const { min, max } = { min: undefined, max: undefined, ...spec };
  const least = min === undefined ? "" : `from ${quantity(type, min)}`;
  const most = max === undefined ? "" : `up to ${quantity(type, max)}`;
  return [least, most].filter((text) => text !== "").join(" ");
}

function quantity(type: string, value: unknown): string {
  if (typeof value !== "number") return String(value);
  if (type === "duration") return inUnits(value, DURATIONS);
  if (type === "bytes") return inUnits(value, SIZES);
  return String(value);
}

const DURATIONS = [["h", 3600], ["m", 60], ["s", 1]] as const;
const SIZES = [["MiB", 1024 ** 2], ["KiB", 1024], [" bytes", 1]] as const;

/** In the largest unit that gives a whole number. */
function inUnits(
  value: number,
  units: readonly (readonly [string, number])[],
): string {
  const [unit, size] =
    units.find(([, size]) => value >= size && value % size === 0) ??
      units.at(-1) ?? ["", 1];
  return `${value / size}${unit}`;
}

function main(): number {
  const page = referencePage();
  if (Deno.args[0] !== "--check") {
    Deno.writeTextFileSync(PAGE, page);
    return 0;
  }
  if (Deno.readTextFileSync(PAGE) === page) return 0;
  Deno.stderr.writeSync(
    new TextEncoder().encode(
      "docs/configuration.md: run deno task reference\n",
    ),
  );
  return 1;
}

if (import.meta.main) Deno.exit(main());
