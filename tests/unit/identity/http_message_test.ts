import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  formatMessage,
  HttpError,
  HttpReader,
  type HttpReaderOptions,
  statusOf,
} from "../../../lib/identity/http_message.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (body: Uint8Array) => new TextDecoder().decode(body);

/** Reads a text in pieces of each size; all readings must agree. */
function read(text: string, options: Partial<HttpReaderOptions> = {}): string {
  const bodies = [1, 2, 3, 7, text.length].map((size) => {
    const reader = new HttpReader({ kind: "response", ...options });
    for (let at = 0; at < text.length; at += size) {
      const message = reader.push(bytes(text.slice(at, at + size)));
      if (message) return `${message.startLine}|${textOf(message.body)}`;
    }
    const message = reader.end();
    return `${message.startLine}|${textOf(message.body)}`;
  });
  assertEquals(new Set(bodies).size, 1, bodies.join("\n"));
  return bodies[0] ?? "";
}

const OK = "HTTP/1.1 200 OK";

Deno.test("HttpReader, a body by its length; the rest is left out", () => {
  assertEquals(
    read(`${OK}\r\nContent-Length: 4\r\n\r\nbodyrest`),
    `${OK}|body`,
  );
  assertEquals(read(`${OK}\r\nContent-Length: 0\r\n\r\n`), `${OK}|`);
});

Deno.test("HttpReader, a body in chunks with extension and trailer", () => {
  assertEquals(
    read(
      `${OK}\r\nTransfer-Encoding: Chunked\r\n\r\n` +
        "2;x=y\r\nbo\r\n2\r\ndy\r\n0\r\nA: b\r\n\r\n",
    ),
    `${OK}|body`,
  );
});

Deno.test("HttpReader, a body to the end of the stream", () => {
  assertEquals(read(`${OK}\r\n\r\nbody`), `${OK}|body`);
});

Deno.test("HttpReader, a request without a length has no body", () => {
  assertEquals(
    read("GET / HTTP/1.1\r\n\r\n", { kind: "request" }),
    "GET / HTTP/1.1|",
  );
});

Deno.test("HttpReader, informational responses are passed over", () => {
  assertEquals(
    read(`HTTP/1.1 100 Continue\r\n\r\n${OK}\r\nContent-Length: 1\r\n\r\nx`),
    `${OK}|x`,
  );
  assertEquals(read("HTTP/1.1 204 -\r\n\r\n"), "HTTP/1.1 204 -|");
});

Deno.test("HttpReader, fields lose the space around them and join", () => {
  const reader = new HttpReader({ kind: "response" });
  const message = reader.push(
    bytes(`${OK}\r\nA: \t x \r\na: y\r\nContent-Length: 0\r\n\r\n`),
  );
  assertEquals(message?.headers.get("A"), "x, y");
});

Deno.test("HttpReader, what is cut off is no message", () => {
  for (
    const text of [
      "HTTP/1.1 200",
      `${OK}\r\nContent-Length: 4\r\n\r\nbod`,
      `${OK}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n`,
      `${OK}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n`,
    ]
  ) {
    const reader = new HttpReader({ kind: "response" });
    assertEquals(reader.push(bytes(text)), undefined);
    assertThrows(() => reader.end(), HttpError, "Stream ended within");
  }
});

Deno.test("HttpReader, refuses what is malformed", () => {
  const head = (field: string) => `${OK}\r\n${field}\r\n\r\n`;
  const chunked = "Transfer-Encoding: chunked";
  const cases: readonly (readonly [string, string])[] = [
    ["SSH-2.0\r\n\r\n", "Answer is not HTTP/1.1"],
    [head("no colon"), "field is malformed"],
    [head("a b: c"), "field is malformed"],
    [head("a: \x01"), "field is malformed"],
    [head("Content-Length: 1x"), "is no number"],
    [head("Content-Length: 1\r\nContent-Length: 1"), "is no number"],
    [head("Transfer-Encoding: gzip"), "no clear length"],
    [head(`${chunked}\r\nContent-Length: 1`), "no clear length"],
    [`${head(chunked)}x\r\n`, "chunk has no size"],
    [`${head(chunked)}${"1".repeat(9)}\r\n`, "chunk has no size"],
    [`${head(chunked)}${"1".repeat(1025)}`, "chunk has no size"],
    [`${head(chunked)}1\r\nxyz`, "longer than its size"],
    [`${head(chunked)}0\r\n${"a: b\r\n".repeat(33)}`, "more than 32 fields"],
  ];
  for (const [text, reason] of cases) {
    const reader = new HttpReader({ kind: "response" });
    assertThrows(() => reader.push(bytes(text)), HttpError, reason);
  }
});

Deno.test("HttpReader, holds no more than its bounds", () => {
  const bounds = { headBytesMax: 40, bodyBytesMax: 4 } as const;
  const push = (text: string) => () =>
    new HttpReader({ kind: "response", ...bounds }).push(bytes(text));
  assertThrows(push("x".repeat(41)), HttpError, "head is larger than 40");
  assertThrows(
    push(`${OK}\r\na: ${"b".repeat(40)}\r\n\r\n`),
    HttpError,
    "head",
  );
  assertThrows(
    push(`${OK}\r\nContent-Length: 5\r\n\r\n`),
    HttpError,
    "larger than 4",
  );
  assertThrows(push(`${OK}\r\n\r\n12345`), HttpError, "larger than 4");
  const chunks = new HttpReader({ kind: "response", bodyBytesMax: 4 });
  chunks.push(
    bytes(`${OK}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n`),
  );
  assertThrows(() => chunks.push(bytes("1\r\n")), HttpError, "larger than 4");
});

Deno.test("statusOf, takes status lines only", () => {
  assertEquals(statusOf("HTTP/1.0 404 Not Found"), 404);
  assertEquals(statusOf("HTTP/1.1 200"), 200);
  assertThrows(() => statusOf("HTTP/2 200"), HttpError);
});

Deno.test("formatMessage, writes head and body, and lets nothing break out", () => {
  const message = formatMessage("GET / HTTP/1.1", {
    fields: [["A", "b"]],
    body: Uint8Array.of(0, 255),
  });
  assertEquals(
    message.toHex(),
    bytes("GET / HTTP/1.1\r\nA: b\r\n\r\n").toHex() + "00ff",
  );
  for (const field of [["A", "b\r\nC: d"], ["A:", "b"], ["A", "ä—"]] as const) {
    assertThrows(
      () => formatMessage("GET / HTTP/1.1", { fields: [field] }),
      TypeError,
      "Cannot send a header field",
    );
  }
  assert(formatMessage("X", { fields: [["A", "\xe4"]] }).includes(0xe4));
});
