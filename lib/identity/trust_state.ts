import type { CredentialsVerdict } from "./verdict.ts";

/** How the node stands with the cloud's authority. */
export interface TrustState {
  /** What its key and certificate are worth; `undefined` before the first look. */
  readonly verdict: CredentialsVerdict | undefined;
  /** Mode of the key's file, if others may read it: `0644`. */
  readonly looseMode: string | undefined;
  /** What became of the present attempt to join; `undefined` if there is none. */
  readonly joining: Joining | undefined;
}

/** An attempt to join. */
export type Joining =
  /** It is under way. */
  | { readonly kind: "trying"; readonly place: string }
  /** It failed and is made again. */
  | {
    readonly kind: "failing";
    /** Where the token is. */
    readonly place: string;
    /** Why it failed. */
    readonly message: string;
    /** What an operator can do. */
    readonly hint: string;
    /** Failures in a row, from 1. */
    readonly failures: number;
  };

/** Whether two states would be told in the same words. */
export function isSameTrust(one: TrustState, other: TrustState): boolean {
  return wordsOf(one) === wordsOf(other);
}

function wordsOf({ joining, looseMode, ...state }: TrustState): string {
  const { reason } = textOf(state.verdict, "");
  const { failures } = { failures: 0, ...joining };
  const joined = joining && joiningText(joining).reason;
  return JSON.stringify([reason, looseMode, joined, failures]);
}

/** What a state means for a person. */
export interface TrustText {
  /** One word for the state. */
  readonly state:
    | "unknown"
    | "trusted"
    | "not-joined"
    | "expired"
    | "unusable"
    | "foreign";
  /** Whether something is to be done. */
  readonly isWell: boolean;
  /** What is the case; may be empty if all is well. */
  readonly reason: string;
  /** What an operator can do; empty if nothing. */
  readonly hint: string;
}

/**
 * Says what a state means.
 *
 * @param options `keyFile` for the remedy of a mode; `remedy` says how this
 *   node gets a new certificate.
 */
export function trustText(
  { verdict, looseMode, joining }: TrustState,
  options: { readonly keyFile: string; readonly remedy: string },
): TrustText {
  const text = textOf(verdict, options.remedy);
  if (joining) {
    const { reason, hint } = joiningText(joining);
    return {
      ...text,
      // One that is good is replaced, and works until then.
      isWell: false,
      reason: [text.reason, reason].filter(Boolean).join("; "),
      hint: hint || "Nothing, unless this lasts",
    };
  }
  if (!looseMode || !text.isWell) return text;
  return {
    ...text,
    isWell: false,
    reason: `others may read the node's private key, mode ${looseMode}: ` +
      options.keyFile,
    hint: `chmod 600 ${options.keyFile}, and join anew if they may have`,
  };
}

function textOf(
  verdict: CredentialsVerdict | undefined,
  remedy: string,
): TrustText {
  switch (verdict?.kind) {
    case undefined:
      return { state: "unknown", isWell: true, reason: "", hint: "" };
    case "good": {
      const legacy = verdict.isLegacy ? ", names no node as in v1.15" : "";
      const reason = `certificate until ${dateOf(verdict.notAfterMs)}${legacy}`;
      return { state: "trusted", isWell: true, reason, hint: "" };
    }
    case "missing": {
      const reason = "not joined yet: there is no certificate";
      return { state: "not-joined", isWell: false, reason, hint: remedy };
    }
    case "expired": {
      const at = dateOf(verdict.notAfterMs);
      const reason = `the certificate ran out at ${at}, by the clock here`;
      const hint = `Check this machine's clock, then: ${remedy}`;
      return { state: "expired", isWell: false, reason, hint };
    }
    case "other-cloud": {
      const reason = "the join token is of another authority than cafile";
      return { state: "trusted", isWell: false, reason, hint: remedy };
    }
    case "unusable": {
      const { message: reason } = verdict.error;
      const hint = `${verdict.error.hint}. Or: ${remedy}`;
      return { state: "unusable", isWell: false, reason, hint };
    }
    case "foreign": {
      const { message: reason, hint } = verdict.error;
      return { state: "foreign", isWell: false, reason, hint };
    }
  }
}

function joiningText(joining: Joining): { reason: string; hint: string } {
  if (joining.kind === "trying") {
    return { reason: `joining with the token of ${joining.place}`, hint: "" };
  }
  const { message, hint } = joining;
  return { reason: `cannot join: ${message}`, hint };
}

function dateOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
