import { assert, assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { Buffer } from "node:buffer";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  CertificateAuthority,
  EnrolmentEndpoint,
} from "../../../lib/dev/mod.ts";
import {
  RECORDED_TOKEN,
  recordedExchange,
} from "../../support/enrolment_recording.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);
const v115 = new EnrolmentEndpoint({ ca, clock });
const head = new EnrolmentEndpoint({ ca, clock, version: "head" });

/** A recorded request with a token of ours in the place of the recorded one. */
async function replay(
  step: string,
  endpoint = v115,
  clientCertificate?: Uint8Array,
) {
  const { method, path, headers, body } = recordedExchange(step);
  const token = await endpoint.tokens.issue();
  const [whole, jwt] = [token, token.slice(65)];
  const fields = Object.entries(headers).map(([name, value]) =>
    [
      name,
      value.replace(RECORDED_TOKEN, whole).replace(
        RECORDED_TOKEN.slice(65),
        jwt,
      ),
    ] as [string, string]
  );
  return await endpoint.answer({
    method,
    path,
    headers: new Headers(fields),
    body,
    ...(clientCertificate ? { clientCertificate } : {}),
  });
}

Deno.test("EnrolmentEndpoint, refuses as recorded", async () => {
  for (
    const step of [
      "enrol-without-token",
      "enrol-with-whole-token",
      "enrol-with-bad-signature",
      "enrol-with-bad-csr",
    ]
  ) {
    const { status, contentType, body } = await replay(step);
    const recorded = recordedExchange(step);
    assertEquals(status, recorded.status, step);
    assertEquals(contentType, recorded.answerHeaders["content-type"], step);
    assertEquals(body.toHex(), recorded.answer.toHex(), step);
  }
});

Deno.test("EnrolmentEndpoint, HEAD says 401 and 500 instead", async () => {
  assertEquals((await replay("enrol-with-bad-signature", head)).status, 401);
  assertEquals((await replay("enrol-with-bad-csr", head)).status, 500);
});

/** What a certificate says of its holder. */
function about(der: Uint8Array) {
  const { subject, keyUsage, ca, publicKey } = new X509Certificate(
    Buffer.from(der),
  );
  const key = publicKey.export({ type: "spki", format: "der" });
  return { subject, keyUsage, ca, key: new Uint8Array(key).toHex() };
}

Deno.test("EnrolmentEndpoint, signs as recorded, for a year", async () => {
  for (const endpoint of [v115, head]) {
    const { status, contentType, body } = await replay("enrol", endpoint);
    const recorded = recordedExchange("enrol");
    assertEquals(status, 200);
    assertEquals(contentType, recorded.answerHeaders["content-type"]);
    assertEquals(about(body), about(recorded.answer));
    const { validTo } = new X509Certificate(Buffer.from(body));
    const days = (Date.parse(validTo) - clock.now()) / (24 * 3600 * 1000);
    assertEquals(Math.round(days), 365);
  }
});

Deno.test("EnrolmentEndpoint, gives its CA, and nothing else", async () => {
  const { status, contentType, body } = await replay("enrol-ca");
  assertEquals([status, contentType], [200, "application/octet-stream"]);
  assertEquals(body, ca.certDer);
  const headers = new Headers();
  const at = (method: string, path: string) =>
    v115.answer({ method, path, headers, body: new Uint8Array(0) });
  assertEquals((await at("GET", "/")).status, 404);
  assertEquals((await at("POST", "/ca.crt")).status, 405);
});

Deno.test("EnrolmentEndpoint, a certificate is judged by chain, time and, in HEAD, name", async () => {
  const rotate = async (
    endpoint: EnrolmentEndpoint,
    node: string,
    options: Parameters<CertificateAuthority["client"]>[1] = {},
    signer = ca,
  ) => {
    const { certDer } = await signer.client(node, options);
    return (await replay("rotate", endpoint, certDer)).status;
  };
  assertEquals(await rotate(v115, "edge-1"), 200);
  assertEquals(await rotate(head, "edge-1"), 200);
  assertEquals(await rotate(v115, "edge-2"), 200);
  assertEquals(await rotate(head, "edge-2"), 401);
  for (
    const [organization, status] of [["KubeEdge", 200], [
      "kubeEdge",
      401,
    ]] as const
  ) {
    const legacy = { commonName: "kubeedge.io", organization };
    assertEquals(await rotate(head, "edge-1", legacy), status);
    assertEquals(await rotate(v115, "edge-1", legacy), 200);
  }
  const expired = { fromMs: -2000, untilMs: -1000 };
  assertEquals(await rotate(v115, "edge-1", expired), 401);
  const other = await CertificateAuthority.create(clock);
  assertEquals(await rotate(v115, "edge-1", {}, other), 401);
  assert(recordedExchange("rotate").clientCertificate);
});
