import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  type DialAttempt,
  dialFailure,
} from "../../../lib/edgehub/dial_failure.ts";
import { LinkError } from "../../../lib/edgehub/mod.ts";
import { IdentityError } from "../../../lib/identity/mod.ts";
import {
  HandshakeError,
  HandshakeRefusedError,
} from "../../../lib/websocket/mod.ts";

const attempt = (more: Partial<DialAttempt> = {}): DialAttempt => ({
  host: "cloud.example:10000",
  secure: true,
  timeoutMs: 30_000,
  timedOut: false,
  tunnelling: false,
  upgrading: false,
  receivedBytes: 0,
  certificate: "valid",
  ...more,
});

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

Deno.test("dialFailure, an answer whose body never ends is told, not the deadline", () => {
  const refusal = {
    status: 302,
    statusText: "Found",
    headers: new Headers(),
    bodyStart: "",
  };
  const error = dialFailure(
    new HandshakeRefusedError(refusal, { cause: new Error("closed") }),
    attempt({ timedOut: true, upgrading: true }),
  );
  assertEquals([error.kind, error.status], ["upgrade", 302]);
  assertStringIncludes(error.message, "the server answered 302 Found");
});

Deno.test("dialFailure, every cause has its kind, host, text and hint", () => {
  const invalid = "invalid peer certificate: ";
  const alert = "received fatal alert: ";
  const rows: [Error, string, RegExp][] = [
    [coded("getaddrinfo ENOTFOUND tls.x", "ENOTFOUND"), "dns", /host name/],
    [coded("getaddrinfo EAI_AGAIN x", "EAI_AGAIN"), "dns", /host name/],
    [coded("connect ECONNREFUSED 1:1", "ECONNREFUSED"), "tcp", /Nothing/],
    [coded("connect EHOSTUNREACH", "EHOSTUNREACH"), "tcp", /network/],
    [new Error(`${invalid}UnknownIssuer`), "tls", /cafile/],
    [new Error(`${invalid}Expired`), "tls", /clock/],
    [new Error(`${invalid}certificate expired: at 1`), "tls", /clock/],
    [new Error(`${invalid}certificate not valid yet: at 1`), "tls", /clock/],
    [new Error(`${invalid}certificate not valid for name "a"`), "tls", /name/],
    [new Error(`${alert}NoApplicationProtocol`), "tls", /HTTP\/1\.1/],
    [new Error(`${alert}HandshakeFailure`), "tls", /client certificate/],
    [new Error(`${alert}CertificateRequired`), "tls", /refused the node/],
    [new Error(`${alert}CertificateExpired`), "tls", /refused the node/],
    [
      new Error("received corrupt message of type InvalidContentType"),
      "tls",
      /TLS port/,
    ],
    [new Error("Connection closed by the other side"), "tls", /TLS port/],
  ];
  for (const [cause, kind, hint] of rows) {
    const error = dialFailure(cause, attempt());
    assertEquals(error.kind, kind, cause.message);
    assertMatch(error.hint, hint, cause.message);
    assertEquals(
      error.message,
      `Cannot connect to cloud.example:10000: ${cause.message}`,
    );
    assertStrictEquals(error.cause, cause);
  }
});

Deno.test("dialFailure, an error without words shows its code", () => {
  const error = dialFailure(coded("", "ECONNREFUSED"), attempt());
  assertStringIncludes(error.message, "ECONNREFUSED");
  assertStringIncludes(dialFailure("odd", attempt()).message, "odd");
});

Deno.test("dialFailure, D7: a server that ends at the upgrade, before a byte, refused our certificate", () => {
  const ended = new HandshakeError("Stream ended within the HTTP head");
  const hint = (certificate: DialAttempt["certificate"]) => {
    const error = dialFailure(ended, attempt({ upgrading: true, certificate }));
    assertEquals(error.kind, "tls");
    assertMatch(error.message, /^Cannot upgrade at /);
    return error.hint;
  };
  assertMatch(hint("none"), /set edgehub\.websocket\.certfile and keyfile/);
  assertMatch(hint("expired"), /has expired by this machine's clock/);
  assertMatch(hint("valid"), /refused the node's certificate/);
});

Deno.test("dialFailure, an upgrade that failed otherwise is no question of certificates", () => {
  const garbage = new HandshakeError("Answer is not HTTP/1.1");
  for (
    const more of [
      { receivedBytes: 3 },
      { secure: false },
      { secure: false, receivedBytes: 3 },
    ]
  ) {
    const error = dialFailure(garbage, attempt({ upgrading: true, ...more }));
    assertEquals(error.kind, "upgrade");
    assertNotEquals(error.hint, "");
  }
  const plain = dialFailure(new Error("odd"), attempt({ secure: false }));
  assertEquals(plain.kind, "tcp");
  assertNotEquals(plain.hint, "");
});

Deno.test("dialFailure, a refused upgrade carries its status and a hint", () => {
  const refused = (status: number, statusText = "No") =>
    dialFailure(
      new HandshakeRefusedError({
        status,
        statusText,
        headers: new Headers(),
        bodyStart: "secret body",
      }),
      attempt({ upgrading: true, receivedBytes: 9 }),
    );
  for (
    const [status, hint] of [
      [301, /final address/],
      [403, /path/],
      [404, /path/],
      [429, /limit of nodes/],
      [500, /own log/],
    ] as const
  ) {
    const error = refused(status);
    assertEquals([error.kind, error.status], ["upgrade", status]);
    assertMatch(error.hint, hint);
    assertStringIncludes(error.message, `${status} No`);
    assert(!error.message.includes("secret body"));
  }
  const long = refused(403, `a\u0007\u00e9${"x".repeat(500)}`);
  assertStringIncludes(long.message, "403 a??xxx");
  assert(long.message.length < 200);
});

Deno.test("dialFailure, a deadline names the step that it cut", () => {
  const error = (upgrading: boolean) =>
    dialFailure(new Error("x"), attempt({ timedOut: true, upgrading }));
  assertEquals(error(false).kind, "timeout");
  assertMatch(error(false).message, /connect to .* within 30000 ms$/);
  assertMatch(error(true).message, /upgrade at .* within 30000 ms$/);
});

Deno.test("dialFailure, credentials by their file, the peer's certificate as TLS", () => {
  const ours = new IdentityError("bad", { file: "/k", hint: "fix" });
  const theirs = new IdentityError("bad", { hint: "who" });
  const first = dialFailure(ours, attempt());
  assertEquals([first.kind, first.message, first.hint], [
    "credentials",
    "bad",
    "fix",
  ]);
  assertEquals(dialFailure(theirs, attempt()).kind, "tls");
});

Deno.test("dialFailure, a LinkError stays what it is, unless the deadline caused it", () => {
  const error = new LinkError("proxy", "m");
  assertStrictEquals(dialFailure(error, attempt()), error);
  const late = dialFailure(
    error,
    attempt({ timedOut: true, tunnelling: true, proxy: "p:1" }),
  );
  assertEquals(late.kind, "timeout");
  assertMatch(
    late.message,
    /cloud\.example:10000 through proxy p:1: no answer/,
  );
});
