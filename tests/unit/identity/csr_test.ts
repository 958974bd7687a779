import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { readSigningRequest } from "../../../lib/dev/signing_request.ts";
import { createSigningRequest } from "../../../lib/identity/csr.ts";
import { recordedExchange } from "../../support/enrolment_recording.ts";

/** A request without what differs by key: point and signature. */
function shapeOf(request: Uint8Array): string {
  const hex = request.toHex();
  // BIT STRING of 65 bytes and an uncompressed point.
  const at = hex.indexOf("03420004") + 8;
  const attributesAt = at + 128;
  // Past the algorithm comes the signature, of 70 to 72 bytes.
  const algorithm = "300a06082a8648ce3d040302";
  const end = hex.indexOf(algorithm, attributesAt) + algorithm.length;
  return hex.slice(6, at) + hex.slice(attributesAt, end);
}

Deno.test("createSigningRequest, is the recorded request but for the key", async () => {
  const { requestDer } = await createSigningRequest("edge-1");
  assertEquals(shapeOf(requestDer), shapeOf(recordedExchange("enrol").body));
  const read = await readSigningRequest(requestDer);
  assertEquals(read.commonName, "system:node:edge-1");
  assertEquals(read.organization, "system:nodes");
});

Deno.test("createSigningRequest, the PEM is the key of the request, SEC1", async () => {
  const { requestDer, keyPem } = await createSigningRequest("edge-1");
  assert(keyPem.startsWith("-----BEGIN EC PRIVATE KEY-----\n"));
  const key = createPrivateKey(keyPem);
  assertEquals(key.asymmetricKeyType, "ec");
  const { publicKey } = await readSigningRequest(requestDer);
  const spki = createPublicKey(keyPem).export({ type: "spki", format: "der" });
  assertEquals(new Uint8Array(spki).toHex(), publicKey.toHex());
});

Deno.test("createSigningRequest, each has a key of its own", async () => {
  const [one, two] = await Promise.all([
    createSigningRequest("edge-1"),
    createSigningRequest("edge-1"),
  ]);
  assertNotEquals(one.keyPem, two.keyPem);
});
