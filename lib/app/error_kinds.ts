import type { LinkErrorKind } from "../edgehub/mod.ts";
import type { FaultKind, Origin } from "../message/mod.ts";
import type { StoreErrorKind } from "../store/mod.ts";
import type { Counter, Family } from "../telemetry/mod.ts";

/** Tables rather than lists: a kind that is missing does not compile. */
const FAULT: Readonly<Record<FaultKind, true>> = {
  "not-json": true,
  "not-a-message": true,
  "bad-header": true,
  "bad-route": true,
  "unsafe-key": true,
  "lone-surrogate": true,
  "too-deep": true,
  "too-large": true,
  "unknown-operation": true,
  "not-allowed": true,
  "bad-resource": true,
  "bad-content": true,
  internal: true,
};
const LINK: Readonly<Record<LinkErrorKind, true>> = {
  credentials: true,
  dns: true,
  tcp: true,
  proxy: true,
  tls: true,
  timeout: true,
  upgrade: true,
  mute: true,
  silent: true,
  stuck: true,
  protocol: true,
  ended: true,
};
const STORE: Readonly<Record<StoreErrorKind, true>> = {
  busy: true,
  full: true,
  readonly: true,
  io: true,
  corrupt: true,
  "not-a-database": true,
  constraint: true,
  "cannot-open": true,
  "locked-by-other": true,
  "newer-schema": true,
  foreign: true,
  "file-gone": true,
  "unsafe-mode": true,
  other: true,
};

/** Where messages that may be refused come from. */
const SOURCES: readonly Origin[] = ["cloud", "edged"];

/** Kinds of failures that are counted, each set of its own. */
export const ERROR_KINDS: Readonly<
  Record<"fault" | "link" | "store", readonly string[]>
> = {
  fault: Object.keys(FAULT),
  link: Object.keys(LINK),
  store: Object.keys(STORE),
};

/**
 * Begins to count every kind at 0: of a counter that first appears with its
 * first failure no increase can be told, and so no alert comes of it.
 */
export function beginAtZero(
  family: Family<Counter>,
  of: keyof typeof ERROR_KINDS,
): Family<Counter> {
  for (const kind of ERROR_KINDS[of]) family.with(kind);
  return family;
}

/** The same for message faults, which are counted by their source, too. */
export function beginFaultsAtZero(family: Family<Counter>): Family<Counter> {
  for (const kind of ERROR_KINDS.fault) {
    for (const source of SOURCES) family.with(kind, source);
  }
  return family;
}
