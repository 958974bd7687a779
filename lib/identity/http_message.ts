/** A whole HTTP/1.1 message. */
export interface HttpMessage {
  /** Request line or status line. */
  readonly startLine: string;
  /** Header fields; those that came twice are joined by comma. */
  readonly headers: Headers;
  /** The body, decoded; empty if there is none. */
  readonly body: Uint8Array;
}

/** What is not HTTP/1.1, or too large. */
export class HttpError extends Error {
  /** Always `HttpError`. */
  override readonly name = "HttpError";
}

/** What is read, and its bounds. */
export interface HttpReaderOptions {
  /** Which side sends it: a response without a length lasts to the end. */
  readonly kind: "request" | "response";
  /** Largest head in bytes. @default 16384 */
  readonly headBytesMax?: number;
  /** Largest body in bytes. @default 1 MiB */
  readonly bodyBytesMax?: number;
}

const HEAD_BYTES_MAX = 16 * 1024;
/** CloudCore takes a signing request up to here, and sends less. */
const BODY_BYTES_MAX = 1024 * 1024;
/** Longest line that tells the size of a chunk, or a field of the trailer. */
const CHUNK_LINE_BYTES_MAX = 1024;
/** Most fields behind the last chunk. */
const TRAILER_FIELDS_MAX = 32;

const TOKEN_REGEXP = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE_REGEXP = /^[\t\x20-\x7e\x80-\xff]*$/;
const STATUS_LINE_REGEXP = /^HTTP\/1\.[01] ([1-5][0-9][0-9])(?: .*)?$/;

/** How the end of a body is known. */
type Framing =
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunks" }
  | { readonly kind: "end" };

/**
 * Puts one HTTP/1.1 message (RFC 9112) together from pieces of a stream, with
 * bounds on what it holds. Both sides of enrolment read with it, since neither
 * `fetch` nor `Deno.serve` knows a GET with a body.
 */
export class HttpReader {
  readonly #kind: "request" | "response";
  readonly #headBytesMax: number;
  readonly #bodyBytesMax: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #head: Omit<HttpMessage, "body"> | undefined;
  #framing: Framing = { kind: "end" };
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  #trailerFields = -1;

  /** Reads one message. */
  constructor(options: HttpReaderOptions) {
    this.#kind = options.kind;
    this.#headBytesMax = options.headBytesMax ?? HEAD_BYTES_MAX;
    this.#bodyBytesMax = options.bodyBytesMax ?? BODY_BYTES_MAX;
  }

  /**
   * Takes what has come.
   *
   * @returns The message once it is whole; what comes behind it is left out.
   * @throws {HttpError} If it is not HTTP/1.1, or past a bound.
   */
  push(bytes: Uint8Array): HttpMessage | undefined {
    this.#bytes = joined([this.#bytes, bytes]);
    while (this.#head === undefined) {
      if (!this.#readHead()) return undefined;
    }
    return this.#readBody(this.#head);
  }

  /**
   * Takes the end of the stream.
   *
   * @throws {HttpError} If the message is not whole.
   */
  end(): HttpMessage {
    if (this.#head && this.#framing.kind === "end") {
      return { ...this.#head, body: this.#bytes };
    }
    const place = this.#head ? "body" : "head";
    throw new HttpError(`Stream ended within the HTTP ${place}`);
  }

  /** `false` if more has to come; an informational response is passed over. */
  #readHead(): boolean {
    const end = indexOf(this.#bytes, "\r\n\r\n");
    if (
      Math.max(end, this.#bytes.length * Number(end < 0)) > this.#headBytesMax
    ) {
      throw new HttpError(
        `HTTP head is larger than ${this.#headBytesMax} bytes`,
      );
    }
    if (end < 0) return false;
    const head = headOf(this.#bytes.subarray(0, end));
    this.#bytes = this.#bytes.subarray(end + 4);
    const status = this.#kind === "response" ? statusOf(head.startLine) : 0;
    if (status >= 100 && status < 200) return this.#bytes.length > 0;
    this.#framing = this.#framingOf(head.headers, status);
    this.#head = head;
    return true;
  }

  #framingOf(headers: Headers, status: number): Framing {
    const length = headers.get("content-length");
    const coding = headers.get("transfer-encoding");
    if (coding !== null) {
      if (coding.toLowerCase() !== "chunked" || length !== null) {
        throw new HttpError("HTTP body has no clear length");
      }
      return { kind: "chunks" };
    }
    if (status === 204 || status === 304) return { kind: "length", bytes: 0 };
    if (length === null) {
      return this.#kind === "request"
        ? { kind: "length", bytes: 0 }
        : { kind: "end" };
    }
    if (!/^\d{1,15}$/.test(length)) {
      throw new HttpError("HTTP field Content-Length is no number");
    }
    this.#checkBody(Number(length));
    return { kind: "length", bytes: Number(length) };
  }

  #readBody(head: Omit<HttpMessage, "body">): HttpMessage | undefined {
    const framing = this.#framing;
    switch (framing.kind) {
      case "length":
        if (this.#bytes.length < framing.bytes) return undefined;
        return { ...head, body: this.#bytes.subarray(0, framing.bytes) };
      case "end":
        this.#checkBody(this.#bytes.length);
        return undefined;
      case "chunks":
        if (!this.#readChunks()) return undefined;
        return { ...head, body: joined(this.#chunks) };
    }
  }

  /** `true` once the last chunk and the trailer have come. */
  #readChunks(): boolean {
    for (;;) {
      const end = indexOf(this.#bytes, "\r\n");
      const lineBytes = end < 0 ? this.#bytes.length : end;
      if (lineBytes > CHUNK_LINE_BYTES_MAX) {
        throw new HttpError("HTTP chunk has no size");
      }
      if (end < 0) return false;
      if (this.#trailerFields >= 0) {
        this.#bytes = this.#bytes.subarray(end + 2);
        if (end === 0) return true;
        if (++this.#trailerFields > TRAILER_FIELDS_MAX) {
          throw new HttpError(
            `HTTP trailer has more than ${TRAILER_FIELDS_MAX} fields`,
          );
        }
      } else if (!this.#readChunk(end)) return false;
    }
  }

  /** `false` if more has to come; `end` is where the line with the size ends. */
  #readChunk(end: number): boolean {
    const line = latin1Text(this.#bytes.subarray(0, end));
    const digits = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
    if (digits === undefined) throw new HttpError("HTTP chunk has no size");
    const size = parseInt(digits, 16);
    const from = end + 2;
    if (size === 0) {
      this.#trailerFields = 0;
      this.#bytes = this.#bytes.subarray(from);
      return true;
    }
    this.#checkBody(this.#chunkBytes + size);
    if (this.#bytes.length < from + size + 2) return false;
    if (indexOf(this.#bytes.subarray(from + size), "\r\n") !== 0) {
      throw new HttpError("HTTP chunk is longer than its size");
    }
    this.#chunks.push(this.#bytes.subarray(from, from + size));
    this.#chunkBytes += size;
    this.#bytes = this.#bytes.subarray(from + size + 2);
    return true;
  }

  #checkBody(sizeBytes: number): void {
    if (sizeBytes <= this.#bodyBytesMax) return;
    throw new HttpError(`HTTP body is larger than ${this.#bodyBytesMax} bytes`);
  }
}

/**
 * Status of a response.
 *
 * @throws {HttpError} If it is no status line of HTTP/1.1.
 */
export function statusOf(startLine: string): number {
  const status = STATUS_LINE_REGEXP.exec(startLine)?.[1];
  if (status === undefined) throw new HttpError("Answer is not HTTP/1.1");
  return Number(status);
}

/**
 * Writes a message whose body has a length.
 *
 * @throws {TypeError} If a field could break out of its line.
 */
export function formatMessage(
  startLine: string,
  options: {
    fields: Iterable<readonly [string, string]>;
    body?: Uint8Array | undefined;
  },
): Uint8Array {
  let head = `${startLine}\r\n`;
  for (const [name, value] of options.fields) {
    if (!TOKEN_REGEXP.test(name) || !VALUE_REGEXP.test(value)) {
      throw new TypeError(`Cannot send a header field: not valid: ${name}`);
    }
    head += `${name}: ${value}\r\n`;
  }
  const bytes = Uint8Array.from(`${head}\r\n`, (char) => char.charCodeAt(0));
  return joined([bytes, options.body ?? new Uint8Array(0)]);
}

function headOf(bytes: Uint8Array): Omit<HttpMessage, "body"> {
  const [startLine = "", ...lines] = latin1Text(bytes).split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, "");
    if (!TOKEN_REGEXP.test(name) || !VALUE_REGEXP.test(value)) {
      throw new HttpError("HTTP header field is malformed");
    }
    headers.append(name, value);
  }
  return { startLine, headers };
}

/** Text of bytes in Latin-1 (RFC 9110 5.5). */
function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Where ASCII text first stands in bytes; -1 if nowhere. */
function indexOf(bytes: Uint8Array, text: string): number {
  const codes = Array.from(text, (char) => char.charCodeAt(0));
  const [first = 0] = codes;
  for (let at = bytes.indexOf(first); at >= 0;) {
    if (codes.every((code, i) => bytes[at + i] === code)) return at;
    at = bytes.indexOf(first, at + 1);
  }
  return -1;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(
    parts.reduce((length, part) => length + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
