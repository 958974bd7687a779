import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  clientHandshake,
  type ClientHandshakeOptions,
  HandshakeError,
  HandshakeRefusedError,
} from "../../../lib/websocket/mod.ts";
import { bytePipe, type BytePipeOptions } from "../../support/byte_pipe.ts";
import { bytesOf } from "./reference.ts";

/** The nonce, key and answer of RFC 6455 1.3. */
const NONCE = bytesOf("the sample nonce");
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const GOOD = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${ACCEPT}`,
];

interface Outcome {
  readonly request: string;
  readonly result: Awaited<ReturnType<typeof clientHandshake>> | unknown;
  readonly closed: boolean;
}

/** Answers a handshake with bytes and then the end of the stream. */
async function attempt(
  answer: string | readonly string[],
  options: Partial<ClientHandshakeOptions> & BytePipeOptions = {},
): Promise<Outcome> {
  const [near, far] = bytePipe(options);
  const text = typeof answer === "string"
    ? answer
    : answer.join("\r\n") + "\r\n\r\n";
  const shaking = clientHandshake(near, {
    host: "hub.example:10000",
    path: "/p/n/events?x=1",
    nonce: () => NONCE,
    ...options,
  }).catch((error: unknown) => error);
  let request = "";
  const buffer = new Uint8Array(4096);
  while (!request.endsWith("\r\n\r\n")) {
    const length = await far.read(buffer);
    if (length === null) break;
    request += new TextDecoder().decode(buffer.subarray(0, length));
  }
  const written = far.writeAll(bytesOf(text)).then(
    () => far.close(),
    // The client may hang up before it has taken everything.
    (error: unknown) => assertInstanceOf(error, Deno.errors.BrokenPipe),
  );
  const result = await shaking;
  const closed = near.closed;
  near.close();
  await written;
  return { request, result, closed };
}

async function assertMalformed(
  answer: string | readonly string[],
  why: string,
  options: Partial<ClientHandshakeOptions> = {},
): Promise<void> {
  for (const readSplit of [undefined, () => 1]) {
    const { result, closed } = await attempt(answer, {
      ...options,
      ...(readSplit ? { readSplit } : {}),
    });
    if (!(result instanceof HandshakeError)) {
      throw new Error(`No HandshakeError: ${result}`);
    }
    assertStringIncludes(result.message, why);
    assertEquals(closed, true);
  }
}

async function refusal(
  answer: string | readonly string[],
): Promise<HandshakeRefusedError> {
  const { result, closed } = await attempt(answer);
  if (!(result instanceof HandshakeRefusedError)) {
    throw new Error(`No HandshakeRefusedError: ${result}`);
  }
  assertEquals(closed, true);
  return result;
}

Deno.test("clientHandshake, sends the request of RFC 6455 4.1", async () => {
  const { request, closed } = await attempt(GOOD, {
    headers: { node_id: "edge-1", ConnectionUse: "msg" },
    writeSplit: () => 5,
  });
  assertEquals(request.split("\r\n"), [
    "GET /p/n/events?x=1 HTTP/1.1",
    "Host: hub.example:10000",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${KEY}`,
    "Sec-WebSocket-Version: 13",
    "node_id: edge-1",
    "ConnectionUse: msg",
    "",
    "",
  ]);
  assertEquals(closed, false);
});

Deno.test("clientHandshake, returns fields and leftover however the answer is split", async () => {
  for (const split of [1, 3, 100, 10_000]) {
    const { result } = await attempt(
      [...GOOD, "X-Hub:  cloud \t", "", "frames"].join("\r\n"),
      { readSplit: () => split },
    );
    const { headers, leftover } = result as Awaited<
      ReturnType<typeof clientHandshake>
    >;
    assertEquals(headers.get("x-hub"), "cloud");
    assertEquals(leftover, bytesOf("frames").subarray(0, leftover.length));
    if (split === 1) assertEquals(leftover.length, 0);
    if (split === 10_000) assertEquals(leftover.length, 6);
  }
});

Deno.test("clientHandshake, words of the answer in any case and in lists", async () => {
  const { result } = await attempt([
    "HTTP/1.1 101",
    "UPGRADE: WebSocket",
    "connection: keep-alive, UPGRADE",
    `sec-websocket-accept:${ACCEPT}`,
  ]);
  assertEquals(result instanceof Error, false);
});

Deno.test("clientHandshake, informational answers are passed over", async () => {
  const hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
  const { result } = await attempt(
    `${hints}${hints}${GOOD.join("\r\n")}\r\n\r\n`,
  );
  assertEquals(result instanceof Error, false);
  await assertMalformed(hints.repeat(20), "informational");
});

Deno.test("clientHandshake, 403 with a body of known length", async () => {
  const error = await refusal([
    "HTTP/1.1 403 Forbidden",
    "Content-Length: 9",
    "X-Why: origin",
    "",
    "no entry!and more",
  ]);
  assertEquals(error.status, 403);
  assertEquals(error.statusText, "Forbidden");
  assertEquals(error.headers.get("x-why"), "origin");
  assertEquals(error.bodyStart, "no entry!");
  assertEquals(error.message, "Server refused the upgrade: 403 Forbidden");
});

Deno.test("clientHandshake, a redirect is a refusal", async () => {
  const error = await refusal([
    "HTTP/1.1 301 Moved Permanently",
    "Location: https://elsewhere.example/",
    "Content-Length: 0",
  ]);
  assertEquals(error.status, 301);
  assertEquals(error.headers.get("location"), "https://elsewhere.example/");
  assertEquals(error.bodyStart, "");
});

Deno.test("clientHandshake, 500 with a body until the end of the stream", async () => {
  const body = "ü".repeat(3000);
  const error = await refusal(`HTTP/1.0 500 Oops\r\n\r\n${body}`);
  assertEquals(error.status, 500);
  assertEquals(error.bodyStart, "ü".repeat(512));
});

Deno.test("clientHandshake, 503 with a body in chunks", async () => {
  const head = "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n";
  const error = await refusal(
    `${head}5;x=y\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n`,
  );
  assertEquals(error.bodyStart, "hello, world");
  assertEquals((await refusal(`${head}A\r\ncut`)).bodyStart, "cut");
});

Deno.test("clientHandshake, a refusal without a reason phrase or a body", async () => {
  const error = await refusal("HTTP/1.1 204\r\n\r\nrest");
  assertEquals(error.message, "Server refused the upgrade: 204");
  assertEquals(error.bodyStart, "");
});

Deno.test("clientHandshake, a body that never comes does not hide the refusal", async () => {
  const [near, far] = bytePipe();
  const shaking = clientHandshake(near, {
    host: "h",
    path: "/",
    nonce: () => NONCE,
  });
  await far.writeAll(
    bytesOf("HTTP/1.1 401 Unauthorized\r\nContent-Length: 50\r\n\r\nstart"),
  );
  while (far.unreadBytes > 0) await Promise.resolve();
  for (let i = 0; i < 20; i++) await Promise.resolve();
  near.close();
  const error = await assertRejects(() => shaking, HandshakeRefusedError);
  assertEquals(error.bodyStart, "start");
});

Deno.test("clientHandshake, answers that are not the handshake", async () => {
  const without = (name: string) =>
    GOOD.filter((line) => !line.startsWith(name));
  await assertMalformed(without("Upgrade"), "Upgrade: websocket");
  await assertMalformed(without("Connection"), "Connection: Upgrade");
  await assertMalformed(without("Sec-WebSocket-Accept"), "Accept");
  await assertMalformed(
    [...without("Sec-WebSocket-Accept"), `Sec-WebSocket-Accept: ${KEY}`],
    "Accept",
  );
  await assertMalformed(
    [...GOOD, `Sec-WebSocket-Accept: ${ACCEPT}`],
    "Accept",
  );
  await assertMalformed(
    [...GOOD, "Sec-WebSocket-Extensions: permessage-deflate"],
    "extension",
  );
  await assertMalformed([...GOOD, "Sec-WebSocket-Protocol: a"], "subprotocol");
});

Deno.test("clientHandshake, a subprotocol that was offered", async () => {
  const { result } = await attempt([...GOOD, "Sec-WebSocket-Protocol: b"], {
    headers: { "Sec-WebSocket-Protocol": "a, b" },
  });
  assertEquals(result instanceof Error, false);
});

Deno.test("clientHandshake, garbage", async () => {
  await assertMalformed("SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP");
  await assertMalformed("HTTP/2 101 x\r\n\r\n", "not HTTP");
  await assertMalformed("HTTP/1.1 1000 x\r\n\r\n", "not HTTP");
  await assertMalformed("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "malformed");
  await assertMalformed("HTTP/1.1 200 OK\r\nName : x\r\n\r\n", "malformed");
  await assertMalformed(
    "HTTP/1.1 200 OK\r\na: b\r\n folded\r\n\r\n",
    "malformed",
  );
  await assertMalformed("HTTP/1.1 200 OK\r\na: b\nc: d\r\n\r\n", "malformed");
  await assertMalformed("HTTP/1.1 200 OK\r\na: \0\r\n\r\n", "malformed");
});

Deno.test("clientHandshake, a head larger than the bound", async () => {
  const long = [...GOOD, `X: ${"x".repeat(500)}`];
  await assertMalformed(long, "larger than 400", { headBytesMax: 400 });
  await assertMalformed("x".repeat(20_000), "larger than 16384");
  const { result } = await attempt(long, { headBytesMax: 1000 });
  assertEquals(result instanceof Error, false);
});

Deno.test("clientHandshake, the stream ends early", async () => {
  await assertMalformed("", "ended within the HTTP head, after 0 bytes");
  await assertMalformed("HTTP/1.1 101 Switch", "after 19 bytes");
  await assertMalformed(GOOD.join("\r\n"), "ended within");
});

Deno.test("clientHandshake, a failure of the stream comes through", async () => {
  const [near, far] = bytePipe();
  const reset = new Error("reset");
  far.abort(reset);
  const shaking = clientHandshake(near, {
    host: "h",
    path: "/",
    nonce: () => NONCE,
  });
  assertEquals(await shaking.catch((error: unknown) => error), reset);
});

Deno.test("clientHandshake, nothing can break out of its line", async () => {
  const bad: Partial<ClientHandshakeOptions>[] = [
    { path: "/a b" },
    { path: "/a\r\nX: y" },
    { path: "no-slash" },
    { path: "/a#b" },
    { host: "h\r\nX: y" },
    { headers: { a: "b\r\nX: y" } },
    { headers: { "a b": "c" } },
    { headers: { a: "€" } },
  ];
  for (const options of bad) {
    const [near] = bytePipe();
    await assertRejects(
      () =>
        clientHandshake(near, {
          host: "h",
          path: "/",
          nonce: () => NONCE,
          ...options,
        }),
      TypeError,
    );
    assertEquals(near.offered, []);
    assertEquals(near.closed, true);
  }
});
