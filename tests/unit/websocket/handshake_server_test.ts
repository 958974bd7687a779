import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  clientHandshake,
  HandshakeError,
  HandshakeRefusedError,
  readUpgrade,
  type UpgradeRequest,
} from "../../../lib/websocket/mod.ts";
import { bytePipe, type PipeEnd } from "../../support/byte_pipe.ts";
import { bytesOf } from "./reference.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const GOOD: Record<string, string> = {
  Host: "localhost",
  Upgrade: "websocket",
  Connection: "keep-alive, Upgrade",
  "Sec-WebSocket-Key": KEY,
  "Sec-WebSocket-Version": "13",
};

function requestText(
  fields: Record<string, string | undefined> = {},
  line = "GET /attach/edged?since=7&x=%20y HTTP/1.1",
): string {
  const lines = Object.entries({ ...GOOD, ...fields })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  return [line, ...lines, "", ""].join("\r\n");
}

interface Arrival {
  readonly request: UpgradeRequest;
  readonly near: PipeEnd;
  readonly far: PipeEnd;
}

async function arrive(text: string): Promise<Arrival> {
  const [near, far] = bytePipe({ readSplit: () => 7 });
  await far.writeAll(bytesOf(text));
  return { request: await readUpgrade(near), near, far };
}

async function answerTo(text: string, headBytesMax?: number): Promise<string> {
  const [near, far] = bytePipe();
  const sent = far.writeAll(bytesOf(text));
  await assertRejects(
    () => readUpgrade(near, headBytesMax ? { headBytesMax } : {}),
    HandshakeError,
  );
  await sent;
  assertEquals(near.closed, true);
  return new TextDecoder().decode(await far.readToEnd());
}

Deno.test("readUpgrade, reads what the request says", async () => {
  const { request, near } = await arrive(requestText({ "X-A": "1" }) + "rest");
  assertEquals(request.method, "GET");
  assertEquals(request.target, "/attach/edged?since=7&x=%20y");
  assertEquals(request.path, "/attach/edged");
  assertEquals(request.query.get("since"), "7");
  assertEquals(request.query.get("x"), " y");
  assertEquals(request.headers.get("x-a"), "1");
  assertEquals(request.isUpgrade, true);
  assertEquals(
    "rest".startsWith(new TextDecoder().decode(request.leftover)),
    true,
  );
  assertEquals(near.closed, false);
});

Deno.test("readUpgrade, targets in their forms", async () => {
  const cases: [string, string, string][] = [
    ["/", "/", ""],
    ["/a%2Fb", "/a%2Fb", ""],
    ["//x/y?", "//x/y", ""],
    ["http://host:1/p?q=1", "/p", "q=1"],
    ["HTTPS://host", "/", ""],
    ["http://host?q=1", "/", "q=1"],
  ];
  for (const [target, path, query] of cases) {
    const { request } = await arrive(requestText({}, `GET ${target} HTTP/1.1`));
    assertEquals([request.path, request.query.toString()], [path, query]);
  }
});

Deno.test("readUpgrade, what is no upgrade", async () => {
  const cases: [Record<string, string | undefined>, string?][] = [
    [{ Upgrade: undefined }],
    [{ Upgrade: "h2c" }],
    [{ Connection: "keep-alive" }],
    [{ "Sec-WebSocket-Version": "8" }],
    [{ "Sec-WebSocket-Version": undefined }],
    [{ "Sec-WebSocket-Key": undefined }],
    [{ "Sec-WebSocket-Key": "short" }],
    [{ "Sec-WebSocket-Key": KEY.replace("ZQ==", "ZR==") }],
    [{ "Content-Length": "5" }],
    [{ "Transfer-Encoding": "chunked" }],
    [{}, "POST / HTTP/1.1"],
    [{}, "GET / HTTP/1.0"],
  ];
  for (const [fields, line] of cases) {
    const { request } = await arrive(requestText(fields, line));
    assertEquals(request.isUpgrade, false, JSON.stringify(fields));
    await assertRejects(() => request.accept(), Error, "only an upgrade");
  }
});

Deno.test("readUpgrade, a request that is not HTTP/1.1 gets 400", async () => {
  for (
    const text of [
      "garbage\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET nothing HTTP/1.1\r\nHost: a\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
      "\x16\x03\x01\x02\r\n\r\n",
    ]
  ) {
    const answer = await answerTo(text);
    assertStringIncludes(answer, "HTTP/1.1 400 Bad Request\r\n", text);
    assertStringIncludes(answer, "Connection: close\r\n");
  }
});

Deno.test("readUpgrade, another version of HTTP gets 505", async () => {
  const answer = await answerTo("GET / HTTP/2.0\r\nHost: a\r\n\r\n");
  assertStringIncludes(answer, "HTTP/1.1 505 HTTP Version Not Supported");
});

Deno.test("readUpgrade, a head larger than the bound gets 431", async () => {
  assertStringIncludes(await answerTo(requestText(), 100), "HTTP/1.1 431 ");
  const endless = await answerTo("GET /" + "a".repeat(20_000));
  assertStringIncludes(endless, "HTTP/1.1 431 ");
});

Deno.test("readUpgrade, a peer that leaves in the middle", async () => {
  const [near, far] = bytePipe();
  await far.writeAll(bytesOf("GET / HT"));
  far.close();
  await assertRejects(() => readUpgrade(near), HandshakeError, "ended within");
  assertEquals(near.closed, true);
});

Deno.test("readUpgrade, a failure of the stream comes through", async () => {
  const [near, far] = bytePipe();
  const reset = new Error("reset");
  far.abort(reset);
  assertEquals(await readUpgrade(near).catch((error: unknown) => error), reset);
  assertEquals(near.closed, true);
});

Deno.test("UpgradeRequest.accept, answers with 101 and the key of RFC 6455 1.3", async () => {
  const { request, near, far } = await arrive(requestText());
  await request.accept({ "X-Node": "edge-1" });
  assertEquals(near.closed, false);
  near.close();
  assertEquals(new TextDecoder().decode(await far.readToEnd()).split("\r\n"), [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${ACCEPT}`,
    "X-Node: edge-1",
    "",
    "",
  ]);
});

Deno.test("UpgradeRequest, is answered once", async () => {
  const { request } = await arrive(requestText());
  await request.accept();
  await assertRejects(() => request.accept(), Error, "answered once");
  await assertRejects(() => request.refuse(403, "x"), Error, "answered once");
});

Deno.test("UpgradeRequest.refuse, answers in plain HTTP and closes", async () => {
  const { request, near, far } = await arrive(requestText());
  await request.refuse(403, "no origins: ü\n", { "X-Why": "origin" });
  assertEquals(near.closed, true);
  assertEquals(new TextDecoder().decode(await far.readToEnd()).split("\r\n"), [
    "HTTP/1.1 403 Forbidden",
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Length: 15",
    "X-Why: origin",
    "",
    "no origins: ü\n",
  ]);
});

Deno.test("UpgradeRequest.refuse, 426 names the version that we speak", async () => {
  const { request, far } = await arrive(
    requestText({ "Sec-WebSocket-Version": "8" }),
  );
  await request.refuse(426, "");
  const answer = new TextDecoder().decode(await far.readToEnd());
  assertStringIncludes(answer, "HTTP/1.1 426 Upgrade Required\r\n");
  assertStringIncludes(answer, "Sec-WebSocket-Version: 13\r\n");
});

Deno.test("UpgradeRequest.refuse, a field that cannot be sent closes too", async () => {
  const { request, near } = await arrive(requestText());
  await assertRejects(() => request.refuse(400, "", { a: "\n" }), TypeError);
  assertEquals(near.closed, true);
});

Deno.test("readUpgrade, our own client and server understand each other", async () => {
  const [near, far] = bytePipe();
  const options = {
    host: "localhost",
    path: "/x",
    nonce: () => crypto.getRandomValues(new Uint8Array(16)),
  };
  const shaking = clientHandshake(near, options);
  await (await readUpgrade(far)).accept({ "X-A": "b" });
  assertEquals((await shaking).headers.get("x-a"), "b");

  const [left, right] = bytePipe();
  const refused = assertRejects(
    () => clientHandshake(left, options),
    HandshakeRefusedError,
  );
  await (await readUpgrade(right)).refuse(503, "busy");
  const { status, bodyStart } = await refused;
  assertEquals([status, bodyStart], [503, "busy"]);
  assert(left.closed && right.closed);
});
