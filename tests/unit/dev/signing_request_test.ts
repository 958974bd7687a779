import { assert, assertEquals, assertRejects } from "@std/assert";
import { readSigningRequest } from "../../../lib/dev/signing_request.ts";
import { recordedExchange } from "../../support/enrolment_recording.ts";

const RECORDED = recordedExchange("enrol").body;

Deno.test("readSigningRequest, reads a recorded request", async () => {
  const request = await readSigningRequest(RECORDED);
  assertEquals(request.commonName, "system:node:edge-1");
  assertEquals(request.organization, "system:nodes");
  assert(RECORDED.toHex().includes(request.publicKey.toHex()));
});

Deno.test("readSigningRequest, refuses junk, what is cut off, and what is changed", async () => {
  await assertRejects(
    () => readSigningRequest(recordedExchange("enrol-with-bad-csr").body),
    SyntaxError,
  );
  for (const bytes of [new Uint8Array(0), RECORDED.subarray(0, -1)]) {
    await assertRejects(() => readSigningRequest(bytes), SyntaxError, "Not a");
  }
  // Another name under the same signature.
  const forged = RECORDED.slice();
  const text = new TextEncoder().encode("edge-1");
  const at = forged.findIndex((_, i) =>
    text.every((byte, j) => forged[i + j] === byte)
  );
  forged[at + 5] = "2".charCodeAt(0);
  await assertRejects(
    () => readSigningRequest(forged),
    SyntaxError,
    "not signed by its own key",
  );
});

Deno.test("readSigningRequest, every change of what is signed is noticed, none breaks it", async () => {
  // What is signed ends with the empty attributes.
  const signedTo = RECORDED.toHex().indexOf("a000300a") / 2 + 2;
  assert(signedTo > 100);
  for (let at = 0; at < RECORDED.length; at++) {
    const changed = RECORDED.slice();
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    await readSigningRequest(changed).then(
      () => assert(at < 3 || at >= signedTo, `${at}`),
      (error) => assert(error instanceof SyntaxError, `${at}: ${error}`),
    );
  }
});
