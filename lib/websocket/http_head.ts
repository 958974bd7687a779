import { HandshakeError } from "./errors.ts";
import type { ByteStream } from "./types.ts";

/** Largest head of a request or response in bytes, if nothing else is said. */
export const HEAD_BYTES_MAX = 16 * 1024;

const READ_BYTES_MAX = 4096;

/** Bytes that end a head. */
const HEAD_END = [13, 10, 13, 10] as const;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

// Visible characters, space and tab, and the bytes above ASCII (RFC 9110 5.5).
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The head of an HTTP/1.1 message (RFC 9112). */
export interface Head {
  /** Request line or status line. */
  readonly startLine: string;
  /** Header fields; those that came twice are joined by comma. */
  readonly headers: Headers;
}

/**
 * Reads HTTP heads from a stream and keeps what comes behind them.
 *
 * Bytes are taken as Latin-1, as RFC 9110 5.5 has it.
 */
export class HeadReader {
  readonly #stream: ByteStream;
  readonly #bytesMax: number;
  /** What has been read and not yet been handed out. */
  #bytes: Uint8Array = new Uint8Array(0);

  /**
   * Reads nothing yet.
   *
   * @param bytesMax Most bytes of a head; a larger one is refused.
   */
  constructor(stream: ByteStream, bytesMax: number = HEAD_BYTES_MAX) {
    this.#stream = stream;
    this.#bytesMax = bytesMax;
  }

  /** Bytes that were read behind the last head. */
  get rest(): Uint8Array {
    return this.#bytes;
  }

  /**
   * Reads one head.
   *
   * @throws {HandshakeError} If it is not HTTP, too large, or cut off.
   */
  async head(): Promise<Head> {
    let searched = 0;
    for (;;) {
      const end = findHeadEnd(this.#bytes, searched);
      if (end > this.#bytesMax || (end < 0 && this.#isFull)) {
        throw new HandshakeError(
          `HTTP head is larger than ${this.#bytesMax} bytes`,
          431,
        );
      }
      if (end >= 0) {
        const head = this.#bytes.subarray(0, end - HEAD_END.length);
        this.#bytes = this.#bytes.subarray(end);
        return parseHead(head);
      }
      searched = Math.max(0, this.#bytes.length - HEAD_END.length + 1);
      if (!await this.more()) {
        throw new HandshakeError(
          `Stream ended within the HTTP head, after ${this.#bytes.length} bytes`,
        );
      }
    }
  }

  /** Reads on; `false` at the end of the stream. */
  async more(): Promise<boolean> {
    const buffer = new Uint8Array(READ_BYTES_MAX);
    const length = await this.#stream.read(buffer);
    if (length === null) return false;
    const bytes = new Uint8Array(this.#bytes.length + length);
    bytes.set(this.#bytes);
    bytes.set(buffer.subarray(0, length), this.#bytes.length);
    this.#bytes = bytes;
    return true;
  }

  get #isFull(): boolean {
    return this.#bytes.length >= this.#bytesMax;
  }
}

/** Tells whether a comma-separated field holds a word, in any case. */
export function hasToken(
  headers: Headers,
  name: string,
  word: string,
): boolean {
  const value = headers.get(name) ?? "";
  return value.split(",").some((part) => part.trim().toLowerCase() === word);
}

/**
 * Writes a head.
 *
 * @throws {TypeError} If a name or value could break out of its line.
 */
export function formatHead(
  startLine: string,
  fields: Iterable<readonly [string, string]>,
): string {
  let text = `${startLine}\r\n`;
  for (const [name, value] of fields) {
    if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) {
      throw new TypeError(`Cannot send a header field: not valid: ${name}`);
    }
    text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}

/** Writes all bytes, however many writes it takes. */
export async function writeAll(
  stream: ByteStream,
  bytes: Uint8Array,
): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += await stream.write(bytes.subarray(at));
}

/** Bytes of text in Latin-1; `formatHead` lets nothing else through. */
export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Text of bytes in Latin-1. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Where the first head ends, its empty line included; -1 if it has not ended. */
function findHeadEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(13, from); at >= 0;) {
    if (HEAD_END.every((byte, i) => bytes[at + i] === byte)) {
      return at + HEAD_END.length;
    }
    at = bytes.indexOf(13, at + 1);
  }
  return -1;
}

function parseHead(bytes: Uint8Array): Head {
  const [startLine = "", ...lines] = latin1Text(bytes).split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, "");
    // A name with a space, a folded line and a bare CR or LF all end here.
    if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) {
      throw new HandshakeError("HTTP header field is malformed");
    }
    headers.append(name, value);
  }
  return { startLine, headers };
}
