import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  CertificateAuthority,
  type EnrolmentAnswer,
  EnrolmentServer,
  type EnrolmentServerOptions,
} from "../../../lib/dev/mod.ts";
import {
  printable,
  requestCertificate,
} from "../../../lib/identity/certificate_request.ts";
import { EnrolmentError } from "../../../lib/identity/enrolment_error.ts";
import { checkNodeIdentity, JoinToken } from "../../../lib/identity/mod.ts";
import { recordedExchange } from "../../support/enrolment_recording.ts";
import { authoritiesOf } from "../../support/identity.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);
const otherCa = await CertificateAuthority.create(clock);

interface Ask {
  readonly untilMs?: number;
  readonly nodeId?: string;
  readonly options?: Partial<EnrolmentServerOptions>;
}

async function ask({ untilMs, nodeId = "edge-1", options }: Ask = {}) {
  await using server = new EnrolmentServer({ ca, clock, ...options });
  await server.start();
  const token = JoinToken.parse(await server.endpoint.tokens.issue(untilMs));
  return await requestCertificate(
    {
      nodeId,
      authorities: authoritiesOf(ca),
      proof: { kind: "token", token },
    },
    { server: { host: "127.0.0.1", port: server.port }, clock },
  );
}

async function refused(given: Ask): Promise<EnrolmentError> {
  const error = await assertRejects(() => ask(given), EnrolmentError);
  assert(error.hint !== "", error.message);
  return error;
}

/** A server that gives this answer to everything. */
const answering = (
  status: number,
  body: Uint8Array | string = "",
): Ask => {
  const bytes = typeof body === "string"
    ? new TextEncoder().encode(body)
    : body;
  const answer: EnrolmentAnswer = { status, body: bytes };
  return { options: { intercept: () => answer } };
};

Deno.test("requestCertificate, brings a pair of this node", async () => {
  const pair = await ask();
  assertEquals(checkNodeIdentity(pair.certPem, "edge-1"), "ok");
  assertMatch(pair.keyPem, /^-----BEGIN EC PRIVATE KEY-----/);
  assert(pair.notAfterMs > clock.now() + 364 * 24 * 3600 * 1000);
});

Deno.test("requestCertificate, the recorded refusals, each with its remedy", async () => {
  for (
    const step of [
      "enrol-without-token",
      "enrol-with-whole-token",
      "enrol-with-bad-signature",
    ]
  ) {
    const { status, answer } = recordedExchange(step);
    const error = await refused(answering(status, answer));
    assertEquals(error.step, "certificate");
    assertEquals(error.status, status);
    assertEquals(error.retryable, false);
    assertEquals(
      error.message,
      `The cloud refused the join token: ${status} Invalid authorization token`,
    );
    assertMatch(error.hint, /keadm gettoken; this one is good until 20/);
  }
  const { status, answer } = recordedExchange("enrol-with-bad-csr");
  const empty = await refused(answering(status, answer));
  assertEquals(empty.status, 200);
  assert(empty.retryable);
  assertMatch(empty.message, /200 with an empty body/);
});

Deno.test("requestCertificate, a token that has run out says when, and what the clock is", async () => {
  const error = await refused({ untilMs: -60_000 });
  assertEquals(error.status, 400);
  assertMatch(error.hint, /ran out at 20\S+, if the clock here is right: 20/);
  const head = await refused({
    untilMs: -60_000,
    options: { version: "head" },
  });
  assertEquals(head.status, 401);
});

Deno.test("requestCertificate, 500 may be tried again, 404 is the wrong port", async () => {
  const failed = await refused(answering(500, "boom\n\x1b[31m"));
  assertEquals(
    failed.message,
    "The cloud could not sign the request: 500 boom [31m",
  );
  assert(failed.retryable);
  const busy = await refused(answering(429));
  assert(busy.retryable);
  const wrong = await refused(answering(404));
  assertEquals(wrong.message, "The cloud does not sign here: 404");
  assertMatch(wrong.hint, /10002/);
  assertEquals(wrong.retryable, false);
});

Deno.test("requestCertificate, uses no certificate that is not ours", async () => {
  const junk = await refused(answering(200, "no certificate"));
  assertMatch(junk.message, /it is no certificate$/);
  // The recorded one was made for another key.
  const other = await refused(answering(200, recordedExchange("enrol").answer));
  assertMatch(other.message, /it is not for the key that was sent$/);
});

Deno.test("requestCertificate, uses no certificate of another authority or for another node", async () => {
  const signing = async (
    by: CertificateAuthority,
    nodeId: string,
  ): Promise<EnrolmentError> => {
    await using server = new EnrolmentServer({ ca, clock });
    await server.start();
    // Answers as that authority would, or as for that node.
    server.endpoint.answer = async ({ body }) => ({
      status: 200,
      body: await by.sign(body),
    });
    const token = JoinToken.parse(await server.endpoint.tokens.issue());
    const authorities = authoritiesOf(ca);
    return await assertRejects(
      () =>
        requestCertificate(
          { nodeId, authorities, proof: { kind: "token", token } },
          { server: { host: "127.0.0.1", port: server.port }, clock },
        ),
      EnrolmentError,
    );
  };
  assertMatch(
    (await signing(otherCa, "edge-1")).message,
    /the cloud's CA did not sign it$/,
  );
  const renamed = Object.create(ca, {
    sign: {
      value: (body: Uint8Array) =>
        ca.sign(body, { commonName: "system:node:edge-2" }),
    },
  });
  assertMatch(
    (await signing(renamed, "edge-1")).message,
    /it names somebody else: O=system:nodes, CN=system:node:edge-2$/,
  );
});

Deno.test("requestCertificate, a name that no header can carry is not sent", async () => {
  for (const nodeId of ["", "a b", "a\r\nX: y", "ä"]) {
    const error = await refused({ nodeId });
    assertEquals(error.step, "key");
  }
});

Deno.test("printable, one line of plain text, cut", () => {
  const bytes = new TextEncoder().encode(` a\nb\x00${"c".repeat(300)}`);
  assertEquals(printable(bytes), `a b ${"c".repeat(195)}`);
});
