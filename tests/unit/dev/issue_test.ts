import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { SystemClock } from "../../../lib/base/mod.ts";
import { issue, nameOf, newKeys } from "../../../lib/dev/issue.ts";

async function issued(organization?: string) {
  const keys = await newKeys();
  const name = nameOf({
    commonName: "name",
    ...(organization ? { organization } : {}),
  });
  return await issue({
    clock: new SystemClock(),
    issuer: name,
    signer: keys.privateKey,
    subject: name,
    keys,
    validity: {},
    extensions: [],
  });
}

Deno.test("issue, key and certificate belong together, serials are positive and differ", async () => {
  const [one, two] = await Promise.all([issued(), issued("org")]);
  const [first, second] = [one, two].map(({ cert, key }) => {
    const certificate = new X509Certificate(cert);
    assert(certificate.checkPrivateKey(createPrivateKey(key)));
    assert(certificate.verify(certificate.publicKey));
    assert(BigInt(`0x${certificate.serialNumber}`) > 0n);
    return certificate;
  });
  assertNotEquals(first?.serialNumber, second?.serialNumber);
  assertEquals(first?.subject, "CN=name");
  assertEquals(second?.subject, "O=org\nCN=name");
});
