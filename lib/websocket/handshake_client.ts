import { acceptKey, toBase64 } from "./accept_key.ts";
import { HandshakeError, HandshakeRefusedError } from "./errors.ts";
import {
  formatHead,
  hasToken,
  type Head,
  HeadReader,
  latin1Bytes,
  writeAll,
} from "./http_head.ts";
import { readBodyStart } from "./body_start.ts";
import type { ByteStream } from "./types.ts";

/** Longest run of informational responses before the final one. */
const INFORMATIONAL_MAX = 8;

/** The request of a client. */
export interface ClientHandshakeOptions {
  /** `Host` field: name or address, with the port unless it is the default. */
  readonly host: string;
  /** Path and query, from its leading slash. */
  readonly path: string;
  /** Further fields, for example `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** 16 random bytes for the key. */
  readonly nonce: () => Uint8Array;
  /** Largest head of the response in bytes. @default 16384 */
  readonly headBytesMax?: number;
}

/** An opening handshake that succeeded. */
export interface ClientHandshake {
  /** Bytes read past the head: the first frames. */
  readonly leftover: Uint8Array;
  /** Header fields of the response. */
  readonly headers: Headers;
}

/**
 * The opening handshake of a client (RFC 6455 4.1), without extensions. A
 * failure closes the stream. It has no deadline of its own: the caller closes
 * the stream when it has waited long enough.
 *
 * @throws {HandshakeRefusedError} If the server answers anything but 101;
 *   redirects are not followed.
 * @throws {HandshakeError} If the answer is not HTTP, its head is too large
 *   or cut off, or it is not the handshake that was asked for.
 * @throws {TypeError} If host, path or a field cannot be sent.
 */
export async function clientHandshake(
  stream: ByteStream,
  options: ClientHandshakeOptions,
): Promise<ClientHandshake> {
  try {
    return await shakeHands(stream, options);
  } catch (error) {
    stream.close();
    throw error;
  }
}

async function shakeHands(
  stream: ByteStream,
  options: ClientHandshakeOptions,
): Promise<ClientHandshake> {
  const key = toBase64(options.nonce());
  await writeAll(stream, latin1Bytes(formatRequest(options, key)));
  const reader = new HeadReader(stream, options.headBytesMax);
  const { status, statusText, head } = await readResponse(reader);
  if (status !== 101) {
    const { headers } = head;
    const { text, cause } = await readBodyStart(reader, status, headers);
    throw new HandshakeRefusedError(
      { status, statusText, headers, bodyStart: text },
      { cause },
    );
  }
  await checkUpgrade(head.headers, key, options.headers);
  return { leftover: reader.rest, headers: head.headers };
}

function formatRequest(options: ClientHandshakeOptions, key: string): string {
  const { host, path, headers = {} } = options;
  if (!/^\/[\x21-\x7e]*$/.test(path) || path.includes("#")) {
    throw new TypeError(`Cannot ask for a path that is not valid: ${path}`);
  }
  return formatHead(`GET ${path} HTTP/1.1`, [
    ["Host", host],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", key],
    ["Sec-WebSocket-Version", "13"],
    ...Object.entries(headers),
  ]);
}

interface Response {
  readonly status: number;
  readonly statusText: string;
  readonly head: Head;
}

/** Reads the final response; informational ones before it mean nothing here. */
async function readResponse(reader: HeadReader): Promise<Response> {
  for (let i = 0; i <= INFORMATIONAL_MAX; i++) {
    const head = await reader.head();
    const line = /^HTTP\/1\.[01] ([1-5][0-9][0-9])(?: (.*))?$/.exec(
      head.startLine,
    );
    if (!line) throw new HandshakeError("Answer is not HTTP/1.1");
    const status = Number(line[1]);
    if (status === 101 || status >= 200) {
      return { status, statusText: line[2] ?? "", head };
    }
  }
  throw new HandshakeError(
    `More than ${INFORMATIONAL_MAX} informational responses`,
  );
}

/** The rules of RFC 6455 4.1 for the server's answer. */
async function checkUpgrade(
  headers: Headers,
  key: string,
  asked: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (!hasToken(headers, "upgrade", "websocket")) {
    throw new HandshakeError("Answer 101 has no Upgrade: websocket");
  }
  if (!hasToken(headers, "connection", "upgrade")) {
    throw new HandshakeError("Answer 101 has no Connection: Upgrade");
  }
  if (headers.get("sec-websocket-accept") !== await acceptKey(key)) {
    throw new HandshakeError(
      "Answer 101 has no Sec-WebSocket-Accept for our key",
    );
  }
  if (headers.get("sec-websocket-extensions")) {
    throw new HandshakeError(
      "Answer 101 names an extension that was not offered",
    );
  }
  const protocol = headers.get("sec-websocket-protocol");
  if (protocol === null) return;
  if (
    !hasToken(
      new Headers(asked),
      "sec-websocket-protocol",
      protocol.toLowerCase(),
    )
  ) {
    throw new HandshakeError(
      "Answer 101 names a subprotocol that was not offered",
    );
  }
}
