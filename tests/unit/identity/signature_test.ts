import { assert, assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { isSignedBy } from "../../../lib/identity/signature.ts";
import { KINDS } from "./kinds_of_key.ts";

const certificates = Object.entries(KINDS).map(([kind, { ca, leaf }]) => ({
  kind,
  key: new X509Certificate(ca).publicKey,
  der: new Uint8Array(new X509Certificate(leaf).raw),
}));

Deno.test("isSignedBy, knows the signer among all kinds of key", () => {
  for (const { kind, der } of certificates) {
    const signers = certificates.filter(({ key }) => isSignedBy(der, key));
    assertEquals(signers.map((one) => one.kind), [kind]);
  }
});

Deno.test("isSignedBy, what was changed in any byte is not signed", () => {
  const { der, key } = certificates.find(({ kind }) =>
    kind.startsWith("P-256")
  )!;
  assert(isSignedBy(der, key));
  // Heads of 4 and 3 bytes: the whole, and what is signed. Between that and
  // the signature stands only the signature's algorithm.
  assertEquals(der[5], 0x81);
  const signedEnd = 7 + der[6]!;
  const signatureAt = der.length - 60;
  for (let at = 0; at < der.length; at++) {
    if (at >= signedEnd && at < signatureAt) continue;
    const changed = Uint8Array.from(der);
    changed[at] = changed[at]! ^ 1;
    assertEquals(isSignedBy(changed, key), false, `byte ${at}`);
  }
});

Deno.test("isSignedBy, bytes that are no certificate are signed by nobody", () => {
  const { der, key } = certificates[0]!;
  const junk = [
    [],
    [0x30],
    [0x30, 0x80],
    [0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    [0x30, 0x85, 0, 0, 0, 0, 0],
    [0x30, 0],
    [0x31, 2, 0x30, 0],
    [0x30, 4, 0x30, 0, 0x30, 0],
    [0x30, 6, 0x30, 0, 0x30, 0, 0x04, 0],
  ];
  for (const bytes of junk) {
    assertEquals(isSignedBy(Uint8Array.from(bytes), key), false);
  }
  for (let length = 0; length < der.length; length += 11) {
    assertEquals(isSignedBy(der.subarray(0, length), key), false);
  }
});
