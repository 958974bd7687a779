import { assert } from "../base/mod.ts";
import { acceptKey, isHandshakeKey } from "./accept_key.ts";
import { HandshakeError } from "./errors.ts";
import {
  formatHead,
  hasToken,
  type Head,
  HeadReader,
  latin1Bytes,
  writeAll,
} from "./http_head.ts";
import type { ByteStream } from "./types.ts";

/** Bounds of `readUpgrade`. */
export interface ReadUpgradeOptions {
  /** Largest head of the request in bytes. @default 16384 */
  readonly headBytesMax?: number;
}

/**
 * Reads the head of a request. One that is not HTTP/1.1 is answered with 400,
 * 431 or 505, and the stream is closed. It has no deadline of its own: the
 * caller closes the stream when it has waited long enough.
 *
 * @throws {HandshakeError} If there is no request that can be read.
 */
export async function readUpgrade(
  stream: ByteStream,
  options: ReadUpgradeOptions = {},
): Promise<UpgradeRequest> {
  const reader = new HeadReader(stream, options.headBytesMax);
  try {
    return new UpgradeRequest(stream, await reader.head(), reader.rest);
  } catch (error) {
    if (error instanceof HandshakeError) {
      await sayWhy(stream, error);
    }
    stream.close();
    throw error;
  }
}

/** A request that may be the opening handshake of a client. */
export class UpgradeRequest {
  readonly #stream: ByteStream;
  #answered = false;
  /** Method, in the case in which it came. */
  readonly method: string;
  /** Target as it stands in the request. */
  readonly target: string;
  /** Path of the target, still percent-encoded. */
  readonly path: string;
  /** Query of the target; empty if there is none. */
  readonly query: URLSearchParams;
  /** Header fields. */
  readonly headers: Headers;
  /** Whether this is a complete opening handshake (RFC 6455 4.2.1). */
  readonly isUpgrade: boolean;
  /** Bytes read past the head. */
  readonly leftover: Uint8Array;

  /**
   * Reads what the head says.
   *
   * @param stream The answer goes here.
   * @throws {HandshakeError} If the head breaks RFC 9112.
   */
  constructor(stream: ByteStream, head: Head, leftover: Uint8Array) {
    const { method, target, version } = parseRequestLine(head.startLine);
    const { path, query } = parseTarget(target);
    this.#stream = stream;
    this.method = method;
    this.target = target;
    this.path = path;
    this.query = new URLSearchParams(query);
    this.headers = head.headers;
    this.leftover = leftover;
    const host = head.headers.get("host");
    if (version === "1.1" && (host === null || /[,\s]/.test(host))) {
      throw new HandshakeError("Request needs exactly one Host field");
    }
    this.isUpgrade = version === "1.1" && method === "GET" &&
      asksForWebSocket(head.headers);
  }

  /**
   * Accepts the upgrade: from here on the stream carries frames.
   *
   * @param headers Further fields of the answer.
   * @throws {AssertionError} If the request is no upgrade, or is answered.
   * @throws {TypeError} If a field cannot be sent.
   */
  async accept(headers: Readonly<Record<string, string>> = {}): Promise<void> {
    assert(this.isUpgrade, "only an upgrade can be accepted");
    this.#answerOnce();
    const key = this.headers.get("sec-websocket-key") ?? "";
    const text = formatHead("HTTP/1.1 101 Switching Protocols", [
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Accept", await acceptKey(key)],
      ...Object.entries(headers),
    ]);
    await writeAll(this.#stream, latin1Bytes(text));
  }

  /**
   * Answers with a plain response and closes the stream.
   *
   * @param status HTTP status, 200 to 599; 426 names the version we speak.
   * @param text Body for a person to read.
   * @throws {AssertionError} If the request is answered.
   * @throws {TypeError} If a field cannot be sent.
   */
  async refuse(
    status: number,
    text: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    this.#answerOnce();
    try {
      await respond(this.#stream, { status, text, headers });
    } finally {
      this.#stream.close();
    }
  }

  #answerOnce(): void {
    assert(!this.#answered, "a request is answered once");
    this.#answered = true;
  }
}

interface PlainResponse {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function respond(
  stream: ByteStream,
  { status, text, headers }: PlainResponse,
): Promise<void> {
  const body = new TextEncoder().encode(text);
  const upgrade = status === 426
    ? { "Upgrade": "websocket", "Sec-WebSocket-Version": "13" }
    : {};
  const head = latin1Bytes(formatHead(`HTTP/1.1 ${status} ${reason(status)}`, [
    ["Connection", status === 426 ? "close, Upgrade" : "close"],
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Content-Length", `${body.length}`],
    ...Object.entries(upgrade),
    ...Object.entries(headers),
  ]));
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  await writeAll(stream, bytes);
}

async function sayWhy(
  stream: ByteStream,
  error: HandshakeError,
): Promise<void> {
  const { status, message } = error;
  try {
    await respond(stream, { status, text: `${message}\n`, headers: {} });
  } catch (cause) {
    // The peer is gone; the error that is thrown next tells what it did.
    error.cause ??= cause;
  }
}

function parseRequestLine(
  line: string,
): { method: string; target: string; version: string } {
  const parts = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/(\d\.\d)$/
    .exec(line);
  if (!parts) throw new HandshakeError("Request line is not HTTP/1.1");
  const [, method = "", target = "", version = ""] = parts;
  if (version !== "1.1" && version !== "1.0") {
    throw new HandshakeError(`HTTP version is not supported: ${version}`, 505);
  }
  return { method, target, version };
}

/** Origin form or absolute form (RFC 9112 3.2); a fragment is never sent. */
function parseTarget(target: string): { path: string; query: string } {
  const origin = target.startsWith("/")
    ? target
    : target.replace(/^https?:\/\/[^/?#]+/i, "");
  const parts = /^(\/[^?#]*|)(?:\?([^#]*))?$/.exec(origin);
  if (!parts || (origin === target && !target.startsWith("/"))) {
    throw new HandshakeError("Request target is not a path");
  }
  return { path: parts[1] || "/", query: parts[2] ?? "" };
}

function asksForWebSocket(headers: Headers): boolean {
  return hasToken(headers, "upgrade", "websocket") &&
    hasToken(headers, "connection", "upgrade") &&
    headers.get("sec-websocket-version") === "13" &&
    isHandshakeKey(headers.get("sec-websocket-key") ?? "") &&
    !headers.has("transfer-encoding") &&
    (headers.get("content-length") ?? "0") === "0";
}

/** Reason phrases of the statuses that the node sends; others go without. */
function reason(status: number): string {
  return REASONS.get(status) ?? "";
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [200, "OK"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [408, "Request Timeout"],
  [409, "Conflict"],
  [426, "Upgrade Required"],
  [429, "Too Many Requests"],
  [431, "Request Header Fields Too Large"],
  [500, "Internal Server Error"],
  [503, "Service Unavailable"],
  [505, "HTTP Version Not Supported"],
]);
