import { assert, assertEquals, assertThrows } from "@std/assert";
import { IdentityError } from "../../../lib/identity/errors.ts";
import { JoinToken } from "../../../lib/identity/token.ts";
import {
  RECORDED_TOKEN,
  recordedExchange,
} from "../../support/enrolment_recording.ts";

const HASH = "ab".repeat(32);

Deno.test("JoinToken, reads a recorded token", () => {
  const token = JoinToken.parse(` ${RECORDED_TOKEN}\n`);
  assertEquals(token.expiresAtMs, 1_795_380_202_000);
  assertEquals(
    token.bearer,
    recordedExchange("enrol").headers.Authorization,
  );
  const ca = recordedExchange("enrol-ca").answer;
  assert(token.matches(ca));
  assertEquals(token.matches(ca.subarray(1)), false);
});

Deno.test("JoinToken, the hash may be in upper case", () => {
  const [hash = "", ...jwt] = RECORDED_TOKEN.split(".");
  const token = JoinToken.parse([hash.toUpperCase(), ...jwt].join("."));
  assert(token.matches(recordedExchange("enrol-ca").answer));
});

Deno.test("JoinToken, says what is wrong and never quotes the token", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["  ", /it is empty/],
    ["e30.e30.secret", /expected 4 parts separated by dots, got 3/],
    [`${HASH}.e30.e30.secret.more`, /got 5/],
    ["secret.e30.e30.c2lnbg", /first part is no SHA-256/],
    [`${HASH}.e30.sec ret.c2lnbg`, /part 3 is no base64url/],
    [`${HASH}.e30.e30.`, /part 4 is no base64url/],
    [`${HASH}.${"secret".repeat(2000)}`, /longer than 8192/],
  ];
  for (const [text, reason] of cases) {
    const error = assertThrows(() => JoinToken.parse(text), IdentityError);
    assert(reason.test(error.message), error.message);
    assert(!`${error.message}${error.hint}`.includes("secret"), error.message);
  }
});

Deno.test("JoinToken, shows itself to nobody", () => {
  const token = JoinToken.parse(RECORDED_TOKEN);
  const jwt = RECORDED_TOKEN.split(".").slice(1).join(".");
  for (
    const shown of [`${token}`, JSON.stringify({ token }), Deno.inspect(token)]
  ) {
    for (const part of jwt.split(".")) assert(!shown.includes(part), shown);
  }
});

Deno.test("JoinToken, a time that cannot be read is no time", () => {
  const claims = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
  const expiry = (payload: string) =>
    JoinToken.parse(`${HASH}.e30.${payload}.c2ln`).expiresAtMs;
  assertEquals(expiry(claims({ exp: 5 })), 5000);
  assertEquals(expiry(claims({ exp: "5" })), undefined);
  assertEquals(expiry(claims({ exp: 1e300 })), undefined);
  assertEquals(expiry(claims(7)), undefined);
  assertEquals(expiry("nojson"), undefined);
});

Deno.test("JoinToken.hiddenIn, neither it nor a part of it, but what is too short to be one", () => {
  const parts = ["a".repeat(64), "eyJhbGciOi", "claims-of-it", "sig"];
  const token = JoinToken.parse(parts.join("."));
  const jwt = parts.slice(1).join(".");
  assertEquals(
    token.hiddenIn(`no: ${jwt}, ${parts[2]} and sig`),
    "no: [redacted], [redacted] and sig",
  );
});
