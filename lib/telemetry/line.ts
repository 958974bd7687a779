import type { LogFields, LogLevel } from "./log.ts";
import { redact, redactText } from "./redact.ts";

/** What one line says. */
export interface LogRecord {
  /** Wall clock, milliseconds since 1970. */
  readonly timeMs: number;
  /** Severity. */
  readonly level: LogLevel;
  /** Room that speaks. */
  readonly room: string;
  /** What happened. */
  readonly event: string;
  /** Further values, not yet redacted. */
  readonly fields: LogFields;
  /** How many like it were not written before it. @default 0 */
  readonly repeated?: number;
}

/** Priorities of sd-daemon(3) and syslog(3). */
export const SYSLOG_PRIORITY: Readonly<Record<LogLevel, number>> = {
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
};

/** How a line for people looks. */
export interface HumanStyle {
  /** Whether it has colours. */
  readonly color: boolean;
  /** Whether it begins with its time. */
  readonly time: boolean;
}

/** Longest line, in UTF-16 units; the rest is cut. */
const LINE_LENGTH_MAX = 4096;

/** Control characters, separators that end lines somewhere, and text direction marks. */
const UNPRINTABLE_REGEXP =
  // deno-lint-ignore no-control-regex -- these are what must not reach a terminal
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A value that needs no quotes. */
const PLAIN_REGEXP = /^[^\s"'=]+$/;

const COLOR: Readonly<Record<LogLevel, string>> = {
  error: "\x1b[31m",
  warn: "\x1b[33m",
  info: "\x1b[32m",
  debug: "\x1b[2m",
};
const COLOR_DIM = "\x1b[2m";
const COLOR_OFF = "\x1b[0m";

/** Names that a JSON line has itself. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  "time",
  "level",
  "room",
  "event",
  "repeated",
]);

/**
 * A line for people: `time LEVEL room: event name=value ... (repeated N
 * times)`, without the fields that are empty.
 */
export function renderHuman(
  record: LogRecord,
  { color, time: hasTime }: HumanStyle,
): string {
  const { repeated = 0 } = record;
  const time = hasTime ? `${stamp(record.timeMs)} ` : "";
  const level = record.level.toUpperCase().padEnd(5);
  const words = Object.entries(record.fields)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => ` ${name}=${valueText(redact(value, name))}`);
  const rest = printable(
    `${record.room}: ${redactText(record.event)}${words.join("")}`,
  );
  const text = cut(rest) +
    (repeated > 0 ? ` (repeated ${repeated} times)` : "");
  return color
    ? `${COLOR_DIM}${time}${COLOR_OFF}${
      COLOR[record.level]
    }${level}${COLOR_OFF} ${text}`
    : `${time}${level} ${text}`;
}

/** A line for machines: one JSON object, fields beside `time`, `level`, `room`, `event`. */
export function renderJson(record: LogRecord): string {
  const own = {
    time: stamp(record.timeMs),
    level: record.level,
    room: record.room,
    event: redactText(record.event),
    ...(record.repeated ? { repeated: record.repeated } : {}),
  };
  const fields = Object.entries(record.fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [
      OWN_NAMES.has(name) ? `${name}_` : name,
      redact(value, name),
    ]);
  const line = printable(
    JSON.stringify({ ...own, ...Object.fromEntries(fields) }),
  );
  // A cut object would be no JSON: a line that is too long loses its fields.
  return line.length <= LINE_LENGTH_MAX
    ? line
    : printable(JSON.stringify({ ...own, cut: line.length }));
}

function stamp(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function valueText(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return PLAIN_REGEXP.test(value) && printable(value) === value
    ? value
    : JSON.stringify(value);
}

function printable(text: string): string {
  return text.replace(
    UNPRINTABLE_REGEXP,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function cut(text: string): string {
  return text.length <= LINE_LENGTH_MAX
    ? text
    : `${text.slice(0, LINE_LENGTH_MAX)}... (${text.length} characters)`;
}
