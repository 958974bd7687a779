import { assert, assertEquals, assertMatch } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  CertificateAuthority,
  EnrolmentServer,
  type EnrolmentServerOptions,
} from "../../../lib/dev/mod.ts";
import {
  enrol,
  type EnrolmentProgress,
  type EnrolOptions,
} from "../../../lib/identity/enrol.ts";
import { EnrolmentError } from "../../../lib/identity/enrolment_error.ts";
import { JoinToken } from "../../../lib/identity/token.ts";
import {
  RECORDED_TOKEN,
  recordedExchange,
} from "../../support/enrolment_recording.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);

/** Enrols at a server; retries come at once. */
async function tryEnrol(
  setup: Partial<EnrolmentServerOptions> = {},
  given: Partial<EnrolOptions> = {},
) {
  await using server = new EnrolmentServer({ ca, clock, ...setup });
  await server.start();
  const progress: EnrolmentProgress[] = [];
  const options: EnrolOptions = {
    server: { host: "127.0.0.1", port: server.port },
    token: JoinToken.parse(await server.endpoint.tokens.issue()),
    nodeId: "edge-1",
    clock,
    random: () => 0,
    onProgress: (step) => progress.push(step),
    ...given,
  };
  const result = await enrol(options).catch((error: unknown) => error);
  const paths = server.requests.map(({ path }) => path);
  return { result, progress, paths };
}

function failed(result: unknown): EnrolmentError {
  assert(result instanceof EnrolmentError, String(result));
  return result;
}

Deno.test("enrol, CA, then certificate, each told", async () => {
  const { result, progress, paths } = await tryEnrol();
  assert(!(result instanceof Error), String(result));
  assertEquals(paths, ["/ca.crt", "/edge.crt"]);
  assertEquals(progress.map(({ kind, step }) => `${kind} ${step}`), [
    "done authority",
    "done certificate",
  ]);
  assertEquals((result as { caPem: string }).caPem, ca.cert);
});

Deno.test("enrol, a CA that the token does not name ends it before the token is shown", async () => {
  const token = JoinToken.parse(RECORDED_TOKEN);
  const { result, paths } = await tryEnrol({}, { token });
  const error = failed(result);
  assertEquals(error.step, "authority");
  assertEquals(error.retryable, false);
  assertMatch(error.message, /not the one that the token names/);
  assertEquals(paths, ["/ca.crt"]);
});

Deno.test("enrol, who has the CA's certificate but not its key gets no token", async () => {
  // It shows the recorded CA, whose key it has not.
  const recorded = recordedExchange("enrol-ca").answer;
  const { result, paths } = await tryEnrol({
    intercept: () => ({ status: 200, body: recorded }),
  }, { token: JoinToken.parse(RECORDED_TOKEN) });
  const error = failed(result);
  assertEquals(error.step, "certificate");
  assertMatch(error.hint, /not signed by the CA that the token names/);
  assertEquals(paths, ["/ca.crt"]);
});

Deno.test("enrol, what may pass is tried again, so often and no more", async () => {
  let left = 2;
  const once = await tryEnrol({
    intercept: () =>
      left-- > 0 ? { status: 503, body: new Uint8Array() } : undefined,
  });
  assert(!(once.result instanceof Error), String(once.result));
  assertEquals(once.paths.length, 4);
  const never = await tryEnrol({
    intercept: ({ path }) => path === "/edge.crt" ? "hang up" : undefined,
  }, { attemptsMax: 3 });
  assertEquals(failed(never.result).step, "certificate");
  assertEquals(never.progress.filter(({ kind }) => kind === "retry").length, 2);
  assertEquals(never.paths.length, 4);
});

Deno.test("enrol, what will not pass is not tried again", async () => {
  for (const status of [400, 401, 404]) {
    const { result, paths } = await tryEnrol({
      intercept: ({ path }) =>
        path === "/edge.crt" ? { status, body: new Uint8Array() } : undefined,
    });
    assertEquals(failed(result).status, status);
    assertEquals(paths.length, 2);
  }
  const wrong = await tryEnrol({
    intercept: () => ({ status: 404, body: new TextEncoder().encode("no\n") }),
  });
  assertMatch(failed(wrong.result).message, /CA certificate: 404 no$/);
  assertMatch(failed(wrong.result).hint, /10002/);
});

Deno.test("enrol, a token that names no certificate", async () => {
  const body = new TextEncoder().encode("junk");
  const digest = await crypto.subtle.digest("SHA-256", body);
  const hash = new Uint8Array(digest).toHex();
  const { result } = await tryEnrol({
    intercept: () => ({ status: 200, body }),
  }, { token: JoinToken.parse(`${hash}.e30.e30.c2ln`) });
  assertMatch(failed(result).message, /no certificate$/);
});

Deno.test("enrol, the wait for a retry ends with the signal", async () => {
  const ended = new AbortController();
  const { result } = await tryEnrol({
    intercept: () => "hang up",
  }, {
    random: () => 1,
    signal: ended.signal,
    onProgress: () => ended.abort(new Error("stopped")),
  });
  assert(result instanceof Error);
  assertEquals(result.message, "stopped");
});
