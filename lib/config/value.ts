import {
  formatBytes,
  formatDuration,
  readBytes,
  readDuration,
} from "./quantity.ts";
import type { KeySpec } from "./key_spec.ts";

/** A value as it was read, before its key is known. */
export interface RawValue {
  /** Plain data: scalar, array or object. */
  readonly data: unknown;
  /** Text of a scalar that stood without quotes: `12e4` may be a name. */
  readonly text?: string;
}

/** A value of a key, or what was expected instead. */
export type ReadValue =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly expected: string };

/** Longest list that is read. */
const ENTRIES_MAX = 1000;

/** Reads a value as a key wants it. */
export function readValue(spec: KeySpec, raw: RawValue): ReadValue {
  const value = convert(spec, raw);
  if (value === undefined || !inRange(spec, value)) {
    return { ok: false, expected: describe(spec) };
  }
  return { ok: true, value };
}

/** What a key wants, in words: `a duration from 1s to 10m`. */
export function describe(spec: KeySpec): string {
  switch (spec.type) {
    case "string":
      return "expected a text";
    case "path":
      return "expected a path";
    case "boolean":
      return "expected true or false";
    case "strings":
      return "expected a list of texts";
    case "enum":
      return `expected one of ${spec.values.join(", ")}`;
    case "integer":
      return `expected a whole number${range(spec, String)}`;
    case "number":
      return `expected a number${range(spec, String)}`;
    case "duration":
      return `expected seconds, or a duration like 500ms, 60s, 2m, 1h,${
        range(spec, formatDuration)
      }`.replace(/,$/, "");
    case "bytes":
      return `expected bytes, or a size like 512KiB, 32MiB,${
        range(spec, formatBytes)
      }`.replace(/,$/, "");
  }
}

/** A key's value as it may stand in edge.yaml: `60s`, `32MiB`, `"text"`, `[a, b]`. */
export function formatValue(spec: KeySpec, value: unknown): string {
  if (spec.type === "duration") return formatDuration(Number(value));
  if (spec.type === "bytes") return formatBytes(Number(value));
  if (Array.isArray(value)) return `[${value.map(formatText).join(", ")}]`;
  return typeof value === "string" ? formatText(value) : String(value);
}

/** A text as YAML and JSON both read it; bare where no reader can mistake it. */
function formatText(text: string): string {
  return /^[a-z/][\w./-]*$/i.test(text) &&
      !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

function convert(spec: KeySpec, raw: RawValue): unknown {
  const { data, text } = raw;
  switch (spec.type) {
    case "string":
      return data === null ? undefined : printable(data, text);
    case "path":
      return isText(data) ? printable(data, undefined) : undefined;
    case "boolean":
      return typeof data === "boolean" ? data : undefined;
    case "integer":
      return Number.isSafeInteger(data) ? data : undefined;
    case "number":
      return Number.isFinite(data) ? data : undefined;
    case "duration":
      return readDuration(data);
    case "bytes":
      return readBytes(data);
    case "strings":
      return isTexts(data) ? [...new Set(data)] : undefined;
    case "enum":
      return spec.values.find((value) => value === data);
  }
}

/** A text without control characters: paths, names and addresses hold none. */
function printable(data: unknown, text: string | undefined) {
  const candidate = typeof data === "string" ? data : text;
  // deno-lint-ignore no-control-regex -- these are what is refused
  return /[\u0000-\u001f\u007f]/.test(candidate ?? "") ? undefined : candidate;
}

/** Not what YAML takes for a number, a date or a boolean: no path is `12`. */
function isText(data: unknown): data is string {
  return typeof data === "string";
}

function isTexts(data: unknown): data is string[] {
  return Array.isArray(data) && data.length <= ENTRIES_MAX &&
    data.every((entry) => typeof entry === "string" && entry !== "");
}

function inRange(spec: KeySpec, value: unknown): boolean {
  if (typeof value !== "number" || !("min" in spec || "max" in spec)) {
    return true;
  }
  return value >= (spec.min ?? -Infinity) && value <= (spec.max ?? Infinity);
}

function range(
  spec: { min?: number; max?: number },
  format: (value: number) => string,
): string {
  const low = spec.min === undefined ? "" : ` from ${format(spec.min)}`;
  if (spec.max !== undefined) return `${low} to ${format(spec.max)}`;
  return low && `${low} up`;
}
