import type { ConfigKey } from "./schema.ts";

/** Where a value was given. */
export interface Place {
  /** A file, or `--set`. */
  readonly source: string;
  /** Line in the file, from 1. */
  readonly line?: number;
  /** Column in the line, from 1. */
  readonly column?: number;
}

/** A value that was given for a key. */
export interface GivenValue extends Place {
  /** The value after reading. */
  readonly value: unknown;
}

/** What was given, by key; the rest has its default. */
export type Given = Partial<Record<ConfigKey, GivenValue>>;

/** Where a value comes from, for people: `default`, `--set` or `edge.yaml:12`. */
export function placeText(place: Place | undefined): string {
  if (place === undefined) return "default";
  const { source, line } = place;
  return line === undefined ? source : `${source}:${line}`;
}
