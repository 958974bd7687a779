import { isRecord } from "../../lib/base/mod.ts";
import { Chance } from "../simulation/chance.ts";
import { type Corpus, type Json, SECRET_MARK, type Side } from "./corpus.ts";
import {
  GROUPS,
  ODD_NAMES,
  ODD_PIECES,
  ODD_SEGMENTS,
  ODD_VALUES,
  OPERATIONS,
  SOURCES,
  VERSIONS,
} from "./values.ts";

/** What a mutation may need to know of the moment. */
export interface Moment {
  /** What was recorded. */
  readonly corpus: Corpus;
  /** Ids of messages of the node that wait for an answer, newest last. */
  readonly open: readonly string[];
  /** Id of the message, before it is changed. */
  readonly id: string;
  /** A version newer than all before. */
  readonly newer: string;
  /** Whether the message gets it. */
  readonly isNewer: boolean;
}

/** A message, one JSON value below another. */
type Change = (message: Json, chance: Chance, moment: Moment) => void;
type TextChange = (text: string, chance: Chance) => string;
type ByteChange = (bytes: Uint8Array, chance: Chance) => Uint8Array;

/** Longest list that a mutation makes, in UTF-16 units of its JSON. */
const REPEATED_LENGTH_MAX = 500_000;

/** Changes of the message: fields, route, versions, content. */
const CHANGES = {
  "drop a field": (message, chance) => {
    const [holder, key] = field(message, chance);
    delete holder[key];
  },
  "retype a field": (message, chance) => {
    const [holder, key] = field(message, chance);
    holder[key] = structuredClone(chance.pick(ODD_VALUES));
  },
  "copy a field": (message, chance) => {
    const [holder, key] = field(message, chance);
    const [other, otherKey] = field(message, chance);
    other[otherKey] = structuredClone(holder[key]);
  },
  "rename a field": (message, chance) => {
    const [holder, key] = field(message, chance);
    const value = holder[key];
    delete holder[key];
    put(holder, chance.pick(ODD_NAMES), value);
  },
  "add a field": (message, chance) => {
    const [holder] = field(message, chance);
    put(holder, chance.pick(ODD_NAMES), chance.pick(ODD_VALUES));
  },
  "wrap a field": (message, chance) => {
    const [holder, key] = field(message, chance);
    holder[key] = chance.is(0.5)
      ? [holder[key]]
      : { [key || "x"]: holder[key] };
  },
  "nest deeply": (message, chance) => {
    const [holder, key] = field(message, chance);
    const depth = chance.pick([5, 100, 127, 128, 129, 1000]);
    let value: unknown = holder[key] ?? null;
    const isList = chance.is(0.5);
    for (let i = 0; i < depth; i++) value = isList ? [value] : { a: value };
    holder[key] = value;
  },
  "change a number": (message, chance) => {
    const [holder, key] = field(message, chance);
    holder[key] = chance.pick([0, -1, 2 ** 31, 2 ** 53, 2 ** 64, 1e300, 0.1]);
  },
  "change a string": (message, chance) => {
    const [holder, key] = field(message, chance);
    const text = textIn(holder[key]);
    const at = chance.below(text.length + 1);
    const odd = chance.pick(["\ud800", "\u0000", "é", "👍", "/", "\n", " "]);
    holder[key] = text.slice(0, at) + odd + text.slice(at);
  },
  "grow a string": (message, chance) => {
    const [holder, key] = field(message, chance);
    holder[key] = "x".repeat(chance.pick([300, 5000, 40_000, 200_000]));
  },
  "swap the content": (message, chance, { corpus }) => {
    message.content = sample(corpus, chance).content;
  },
  "swap the route": (message, chance, { corpus }) => {
    message.route = structuredClone(sample(corpus, chance).route);
  },
  "cross the operation": (message, chance) =>
    route(message, "operation", chance.pick(OPERATIONS)),
  "cross the source": (message, chance) =>
    route(message, "source", chance.pick(SOURCES)),
  "cross the group": (message, chance) =>
    route(message, "group", chance.pick(GROUPS)),
  "cross the resource": (message, chance, { corpus }) =>
    route(message, "resource", routeOf(sample(corpus, chance)).resource),
  "change the path": (message, chance) => {
    const parts = textIn(routeOf(message).resource).split("/");
    const at = chance.below(parts.length + 1);
    parts.splice(at, chance.below(2), chance.pick(ODD_SEGMENTS));
    route(message, "resource", parts.join("/"));
  },
  "change a version": (message, chance) => {
    const version = chance.pick(VERSIONS);
    if (chance.is(0.6)) header(message).resourceversion = version;
    if (chance.is(0.6)) metadata(message).resourceVersion = version;
  },
  "change the uid": (message, chance) => {
    const metadataOf = metadata(message);
    metadataOf.uid = chance.pick(["", "other", 7, null, metadataOf.uid]);
    metadataOf.creationTimestamp = chance.pick([
      "2030-01-01T00:00:00Z",
      "1970-01-01T00:00:00Z",
      "never",
      null,
    ]);
  },
  "terminate the object": (message, chance) => {
    metadata(message).deletionTimestamp = chance.pick([
      "2026-06-01T00:00:00Z",
      "",
      0,
      null,
    ]);
  },
  "answer an open request": (message, chance, { open }) => {
    if (open.length > 0) header(message).parent_msg_id = chance.pick(open);
    if (chance.is(0.7)) {
      route(message, "operation", chance.is(0.8) ? "response" : "error");
    }
  },
  "say it as text": (message) => {
    message.content = JSON.stringify(message.content);
  },
  "repeat a value": (message, chance) => {
    const [holder, key] = field(message, chance);
    const length = JSON.stringify(holder[key])?.length ?? 1;
    const count = chance.pick([2, 50, 1000]);
    // Of a thousand times a thousand there is nothing to learn.
    if (length * count > REPEATED_LENGTH_MAX) return;
    holder[key] = Array.from(
      { length: count },
      () => structuredClone(holder[key]),
    );
  },
} as const satisfies Record<string, Change>;

/** Changes of the text. */
const TEXT_CHANGES = {
  "cut the text": (text, chance) => {
    const at = chance.below(text.length + 1);
    return chance.is(0.5) ? text.slice(0, at) : text.slice(at);
  },
  "put in a piece": (text, chance) => {
    const at = chance.below(text.length + 1);
    return text.slice(0, at) + chance.pick(ODD_PIECES) +
      text.slice(at + chance.below(3));
  },
  "double a part": (text, chance) => {
    const from = chance.below(text.length + 1);
    return text.slice(0, from + chance.below(200)) + text.slice(from);
  },
  "say a field twice": (text, chance) => {
    const fields = [...text.matchAll(/"(\w+)":("[^"]*"|\d+)/g)];
    if (fields.length === 0) return text;
    const [whole, name] = chance.pick(fields);
    const other = chance.pick(['"x"', "1", "null", "{}", "[]"]);
    return text.replace(whole, `${whole},"${name}":${other}`);
  },
  "write a huge number": (text, chance) => {
    const fields = [...text.matchAll(/:(\d+|"[^"]*")/g)];
    if (fields.length === 0) return text;
    const [whole] = chance.pick(fields);
    return text.replace(
      whole,
      `:${chance.pick(["1e999", "-1e999", "9".repeat(400), "1E-400", "1e30"])}`,
    );
  },
} as const satisfies Record<string, TextChange>;

/** Changes of the bytes of the payload. */
const BYTE_CHANGES = {
  "flip a bit": (bytes, chance) => {
    const at = chance.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
    return bytes;
  },
  "change bytes": (bytes, chance) => {
    for (let i = chance.below(8); i >= 0; i--) {
      bytes[chance.below(bytes.length)] = chance.below(256);
    }
    return bytes;
  },
  "cut the bytes": (bytes, chance) =>
    bytes.slice(0, chance.below(bytes.length + 1)),
} as const satisfies Record<string, ByteChange>;

const NAMES = [
  ...Object.keys(CHANGES),
  // As often as the rest, though there are fewer of them.
  ...Array.from({ length: 3 }, () => Object.keys(TEXT_CHANGES)).flat(),
  ...Array.from({ length: 2 }, () => Object.keys(BYTE_CHANGES)).flat(),
];

/** One change, which the seed makes again. */
export interface Mutation {
  readonly name: string;
  readonly seed: number;
}

/** Draws mutations: none now and then, mostly one or two. */
export function drawMutations(chance: Chance): Mutation[] {
  const count = chance.pick([0, 1, 1, 1, 1, 2, 2, 3, 5]);
  return Array.from({ length: count }, () => ({
    name: chance.pick(NAMES),
    seed: chance.below(2 ** 31),
  }));
}

/** A message after its mutations. */
export interface Mutated {
  /** Bytes of the payload. */
  readonly bytes: Uint8Array;
  /** The same as text; `undefined` if it is not UTF-8. */
  readonly text: string | undefined;
}

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Applies mutations: first those of the message, then of text, then of bytes. */
export function mutate(
  message: Json,
  mutations: readonly Mutation[],
  moment: Moment,
): Mutated {
  header(message).msg_id = moment.id;
  if (moment.isNewer) raise(message, moment.newer);
  for (const { name, seed } of mutations) {
    const change = (CHANGES as Record<string, Change>)[name];
    change?.(message, new Chance(seed, 1), moment);
  }
  let text = unmarked(message);
  for (const { name, seed } of mutations) {
    const change = (TEXT_CHANGES as Record<string, TextChange>)[name];
    text = change?.(text, new Chance(seed, 1)) ?? text;
  }
  const before: Uint8Array = encoder.encode(text);
  let bytes = before;
  for (const { name, seed } of mutations) {
    const change = (BYTE_CHANGES as Record<string, ByteChange>)[name];
    if (bytes.length > 0) bytes = change?.(bytes, new Chance(seed, 1)) ?? bytes;
  }
  const isSame = !mutations.some(({ name }) => name in BYTE_CHANGES);
  // Half a pair of surrogates becomes a replacement character on its way.
  const isWell = isSame && text.isWellFormed();
  return { bytes, text: isWell ? text : textOf(bytes) };
}

/** Gives the object of a message a version newer than all before. */
function raise(message: Json, version: string): void {
  if (header(message).resourceversion !== undefined) {
    header(message).resourceversion = version;
  }
  if (metadata(message).resourceVersion !== undefined) {
    metadata(message).resourceVersion = version;
  }
}

/** A secret that a peer puts where no secret belongs is none. */
function unmarked(message: Json): string {
  const text = JSON.stringify(message);
  const marks = text.split(SECRET_MARK).length - 1;
  if (marks === 0) return text;
  const { data, status } = part(message, "content");
  const secret = JSON.stringify([data, status]).split(SECRET_MARK).length - 1;
  return marks === secret ? text : text.replaceAll(SECRET_MARK, "no-mark");
}

/** A recorded message, to be changed. */
export function sample(corpus: Corpus, chance: Chance): Json {
  const side: Side = chance.is(0.5) ? "cloud" : "agent";
  return structuredClone(chance.pick(chance.pick(corpus.kinds[side])).value);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Some object or array within a message, and one of its fields. */
function field(message: Json, chance: Chance): [holder: Json, key: string] {
  const holder = chance.pick(containers(message, [])) as Json;
  const keys = Object.keys(holder);
  return [holder, keys.length === 0 ? "x" : chance.pick(keys)];
}

function containers(value: unknown, found: object[]): object[] {
  // What was nested deeply is looked at no deeper.
  if (typeof value !== "object" || value === null || found.length > 500) {
    return found;
  }
  found.push(value);
  for (const inner of Object.values(value)) containers(inner, found);
  return found;
}

/** Also under the name `__proto__`. */
function put(holder: Json, key: string, value: unknown): void {
  if (Array.isArray(holder)) return void holder.push(structuredClone(value));
  Object.defineProperty(holder, key, {
    value: structuredClone(value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** A string as it is, anything else as JSON. */
function textIn(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}

function part(holder: Json, key: string): Json {
  const value = holder[key];
  return isRecord(value) ? value : {};
}

function header(message: Json): Json {
  return part(message, "header");
}

function routeOf(message: Json): Json {
  return part(message, "route");
}

function route(message: Json, key: string, value: unknown): void {
  routeOf(message)[key] = value;
}

function metadata(message: Json): Json {
  return part(part(message, "content"), "metadata");
}
