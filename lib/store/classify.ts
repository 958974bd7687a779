import { StoreError, type StoreErrorKind } from "./errors.ts";

/** SQLite's primary result codes that the store tells apart. */
const KINDS: Readonly<Record<number, StoreErrorKind>> = {
  5: "busy",
  6: "busy",
  8: "readonly",
  10: "io",
  11: "corrupt",
  13: "full",
  14: "cannot-open",
  19: "constraint",
  26: "not-a-database",
};

/**
 * SQLite's texts, for errors without a code: all of the FFI package, and of
 * `node:sqlite` those of the constructor and of `exec`.
 */
const TEXTS: readonly (readonly [string, StoreErrorKind])[] = [
  ["database is locked", "busy"],
  ["database table is locked", "busy"],
  ["attempt to write a readonly database", "readonly"],
  ["disk I/O error", "io"],
  ["malformed", "corrupt"],
  ["database or disk is full", "full"],
  ["unable to open database", "cannot-open"],
  ["constraint failed", "constraint"],
  ["file is not a database", "not-a-database"],
];

const HINTS: Readonly<Partial<Record<StoreErrorKind, string>>> = {
  busy: "Another program holds a lock on the file: end it, or let it finish",
  readonly: "Make file and folder writable for the user of the service",
  io: "Look for disk errors in the kernel log",
  full: "Free space on the file system of the store",
  "cannot-open": "Check that the folder exists and is writable",
};

/** Names the kind of an error that SQLite or its binding threw. */
export function kindOf(error: unknown): StoreErrorKind {
  if (error instanceof StoreError) return error.kind;
  if (!(error instanceof Error)) return "other";
  if (error instanceof Deno.errors.NotCapable) return "cannot-open";
  if ("errcode" in error && typeof error.errcode === "number") {
    return KINDS[error.errcode & 0xff] ?? "other";
  }
  return TEXTS.find(([text]) => error.message.includes(text))?.[1] ?? "other";
}

/**
 * Wraps an error of SQLite or its binding.
 *
 * @param doing What could not be done, for example `write to /x/edge.db`.
 */
export function storeError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const kind = kindOf(error);
  const text = error instanceof Error ? error.message : String(error);
  const hint = HINTS[kind];
  return new StoreError(kind, `Cannot ${doing}: ${text}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}
