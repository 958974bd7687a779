import type * as Yaml from "yaml";
import { loadYaml } from "../base/mod.ts";
import type { Problem } from "./problem.ts";
import type { RawValue } from "./value.ts";

/** A value of the file and where it stands. */
export interface Entry extends RawValue {
  /** Dotted path. */
  readonly key: string;
  /** Line of the key, from 1. */
  readonly line: number;
  /** Column of the key, from 1. */
  readonly column: number;
}

/** What a YAML text says. */
export interface YamlFile {
  /** Scalars and lists, by their dotted paths, in the order of the text. */
  readonly entries: readonly Entry[];
  /** What is wrong with the text itself. */
  readonly problems: readonly Problem[];
}

/** What a dotted path is: a key, a section with keys below it, or unknown. */
export type KindOf = (path: string) => "key" | "section" | undefined;

/** Where things stand while one text is read. */
interface Reader {
  readonly yaml: Awaited<ReturnType<typeof loadYaml>>;
  readonly source: string;
  readonly lines: Yaml.LineCounter;
  readonly kindOf: KindOf;
  readonly entries: Entry[];
  readonly problems: Problem[];
}

/** Deepest nesting of sections; the schema has four. */
const DEPTH_MAX = 16;

/**
 * Reads a YAML text into its values by dotted path. Anchors, aliases, tags,
 * duplicate keys and further documents are refused: a configuration that
 * needs them cannot be read by the people who have to trust it.
 *
 * The parser is loaded here and only now, since it costs time and memory
 * that a node does not need while it runs.
 */
export async function readYaml(
  source: string,
  text: string,
  kindOf: KindOf,
): Promise<YamlFile> {
  const yaml = await loadYaml();
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    merge: false,
  });
  const reader: Reader = {
    yaml,
    source,
    lines,
    kindOf,
    entries: [],
    problems: [],
  };
  for (const error of [...document.errors, ...document.warnings]) {
    complain(reader, error.pos[0], { key: "", expected: syntaxText(error) });
  }
  if (reader.problems.length === 0) readSection(reader, document.contents, []);
  return reader;
}

/**
 * Reads one value as it stands on the command line: YAML, or plain text if it
 * is none.
 */
export async function readInline(text: string): Promise<RawValue> {
  const yaml = await loadYaml();
  const document = yaml.parseDocument(text, { prettyErrors: false });
  const isPlain = document.errors.length > 0 || text.trim() === "" ||
    yaml.isMap(document.contents);
  if (isPlain) return { data: text, text };
  const quoted = yaml.isScalar(document.contents) &&
    document.contents.type !== "PLAIN";
  return quoted ? { data: document.toJS() } : { data: document.toJS(), text };
}

/**
 * The text with one value empty and every other character as it was;
 * `undefined` if there is no such value.
 */
export async function emptyValue(
  text: string,
  path: readonly string[],
): Promise<string | undefined> {
  const yaml = await loadYaml();
  const find = (from: string) => {
    const node = yaml.parseDocument(from).getIn(path, true);
    return yaml.isScalar(node) ? node : undefined;
  };
  const range = find(text)?.range;
  if (!range) return undefined;
  const [start, end] = range;
  // The value of a block ends behind its line break.
  const lineEnd = text.slice(start, end).endsWith("\n") ? "\n" : "";
  const after = `${text.slice(0, start)}""${lineEnd}${text.slice(end)}`;
  return find(after)?.value === "" ? after : undefined;
}

function readSection(
  reader: Reader,
  node: Yaml.ParsedNode | null,
  path: readonly string[],
): void {
  const { yaml } = reader;
  const key = path.join(".");
  // An empty file, or a section of which every line is a comment.
  if (node === null) return;
  if (yaml.isScalar(node) && node.value === null) return;
  if (!yaml.isMap(node) || path.length > DEPTH_MAX) {
    const expected = "expected a section with keys";
    return complain(reader, node.range[0], { key, expected });
  }
  refuseExtras(reader, node, key);
  for (const { key: name, value } of node.items) {
    if (!yaml.isScalar(name) || yaml.isAlias(name)) {
      const expected = "expected a plain key";
      complain(reader, name.range[0], { key, expected });
      continue;
    }
    const inner = [...path, String(name.value)];
    readItem(reader, { path: inner, at: name.range[0], value });
  }
}

function readItem(
  reader: Reader,
  item: {
    path: readonly string[];
    at: number;
    value: Yaml.ParsedNode | null;
  },
): void {
  const { yaml } = reader;
  const { path, at, value } = item;
  const key = path.join(".");
  if (yaml.isAlias(value)) return refuseExtras(reader, value, key);
  // Below an unknown section each key is named, so that its near one is found.
  const kind = reader.kindOf(key);
  const isSection = kind === "section" ||
    (kind === undefined && yaml.isMap(value) && value.items.length > 0);
  if (isSection) return readSection(reader, value, path);
  if (value && refuseDeep(reader, value, key)) return;
  const { line, col } = reader.lines.linePos(at);
  const plain = yaml.isScalar(value) && value.type === "PLAIN"
    ? value.source
    : undefined;
  reader.entries.push({
    key,
    line,
    column: col,
    data: value?.toJSON() ?? null,
    ...(plain === undefined ? {} : { text: plain }),
  });
}

/** Refuses anchors, aliases and tags anywhere below a value; `true` if there were any. */
function refuseDeep(
  reader: Reader,
  node: Yaml.ParsedNode,
  key: string,
): boolean {
  const before = reader.problems.length;
  reader.yaml.visit(node, {
    Node: (_, inner) => refuseExtras(reader, inner as Yaml.ParsedNode, key),
  });
  return reader.problems.length > before;
}

function refuseExtras(
  reader: Reader,
  node: Yaml.ParsedNode,
  key: string,
): void {
  const at = node.range[0];
  if (reader.yaml.isAlias(node)) {
    const expected = "expected a value, aliases are not supported";
    return complain(reader, at, { key, expected });
  }
  if (node.anchor) {
    const expected = "expected a value, anchors are not supported";
    complain(reader, at, { key, expected });
  }
  if (node.tag !== undefined) {
    complain(reader, at, { key, expected: "expected a value without a tag" });
  }
}

function complain(
  reader: Reader,
  offset: number,
  problem: { key: string; expected: string },
): void {
  const { line, col } = reader.lines.linePos(offset);
  const { source } = reader;
  reader.problems.push({ source, line, column: col, ...problem });
}

function syntaxText(error: Yaml.YAMLParseError | Yaml.YAMLWarning): string {
  switch (error.code) {
    case "DUPLICATE_KEY":
      return "expected each key once, this one is given twice";
    case "MULTIPLE_DOCS":
      return "expected one document, a second one begins here";
    default:
      return `expected valid YAML: ${error.message}`;
  }
}
