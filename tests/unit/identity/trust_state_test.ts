import { assert, assertEquals } from "@std/assert";
import { IdentityError } from "../../../lib/identity/errors.ts";
import {
  isSameTrust,
  type Joining,
  type TrustState,
  trustText,
} from "../../../lib/identity/trust_state.ts";
import type { CredentialsVerdict } from "../../../lib/identity/verdict.ts";

const error = new IdentityError("Bad file", { hint: "Mend it" });
const good = { kind: "good", notAfterMs: 0, isLegacy: false } as const;

const stateOf = (
  verdict: CredentialsVerdict | undefined,
  joining?: Joining,
  looseMode?: string,
): TrustState => ({ verdict, joining, looseMode });

const told = (state: TrustState) => {
  const text = trustText(state, { keyFile: "/k", remedy: "Token" });
  return [text.state, text.isWell, text.reason, text.hint];
};

Deno.test("trustText, says for every verdict what is the case and what to do", () => {
  const until = "certificate until 1970-01-01T00:00:00.000Z";
  assertEquals(told(stateOf(undefined)), ["unknown", true, "", ""]);
  assertEquals(told(stateOf(good)), ["trusted", true, until, ""]);
  assertEquals(told(stateOf({ ...good, isLegacy: true })), [
    "trusted",
    true,
    `${until}, names no node as in v1.15`,
    "",
  ]);
  assertEquals(told(stateOf({ kind: "missing" })), [
    "not-joined",
    false,
    "not joined yet: there is no certificate",
    "Token",
  ]);
  assertEquals(told(stateOf({ kind: "expired", notAfterMs: 0 })), [
    "expired",
    false,
    "the certificate ran out at 1970-01-01T00:00:00.000Z, by the clock here",
    "Check this machine's clock, then: Token",
  ]);
  assertEquals(told(stateOf({ kind: "unusable", error })), [
    "unusable",
    false,
    "Bad file",
    "Mend it. Or: Token",
  ]);
  assertEquals(told(stateOf({ kind: "foreign", error })), [
    "foreign",
    false,
    "Bad file",
    "Mend it",
  ]);
  assertEquals(told(stateOf({ kind: "other-cloud", notAfterMs: 0 })), [
    "trusted",
    false,
    "the join token is of another authority than cafile",
    "Token",
  ]);
});

Deno.test("trustText, an attempt to join and a loose mode are added", () => {
  const [, isWell, reason, hint] = told(
    stateOf({ kind: "missing" }, {
      kind: "failing",
      place: "/t",
      message: "No answer",
      hint: "Check",
      failures: 1,
    }),
  );
  assertEquals([isWell, reason, hint], [
    false,
    "not joined yet: there is no certificate; cannot join: No answer",
    "Check",
  ]);
  const trying = told(stateOf(undefined, { kind: "trying", place: "/t" }));
  assertEquals(trying[2], "joining with the token of /t");
  const loose = told(stateOf(good, undefined, "0644"));
  assertEquals(loose.slice(0, 3), [
    "trusted",
    false,
    "others may read the node's private key, mode 0644: /k",
  ]);
});

Deno.test("isSameTrust, other words are another state", () => {
  const other = new IdentityError("Other", { hint: "Mend it" });
  assert(isSameTrust(stateOf(good), stateOf({ ...good })));
  assert(!isSameTrust(stateOf(good), stateOf({ ...good, notAfterMs: 1 })));
  assert(!isSameTrust(stateOf(good), stateOf(good, undefined, "0644")));
  assert(
    !isSameTrust(
      stateOf({ kind: "unusable", error }),
      stateOf({ kind: "unusable", error: other }),
    ),
  );
});
