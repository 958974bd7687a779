/** How a thing was found, the worst last. */
export const STATES = ["ok", "warn", "fail"] as const;

/** How a thing was found. */
export type FindingState = typeof STATES[number];

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  /** How it was found; `warn` does not keep the node from its work. */
  readonly state: FindingState;
  /** What was found; no contents and no secrets. */
  readonly text: string;
  /** What to do about it; empty if it is `ok`. */
  readonly remedy: string;
}

/** It is as it should be. */
export function ok(check: string, text: string): Finding {
  return { check, state: "ok", text, remedy: "" };
}

/** It should be otherwise, and the node works all the same. */
export function warn(check: string, text: string, remedy: string): Finding {
  return { check, state: "warn", text, remedy };
}

/** The node cannot do all its work like this. */
export function fail(check: string, text: string, remedy: string): Finding {
  return { check, state: "fail", text, remedy };
}

/** The worst state of all; `ok` if there are none. */
export function worst(findings: readonly Finding[]): FindingState {
  const ranks = findings.map(({ state }) => STATES.indexOf(state));
  return STATES[Math.max(0, ...ranks)] ?? "ok";
}
