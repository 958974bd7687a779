import { type HeadReader, latin1Text } from "./http_head.ts";

/** Most characters of a body that a refusal keeps. */
const BODY_START_MAX = 512;

/** Most bytes that are read for them: framing of chunks, and UTF-8. */
const BODY_BYTES_MAX = 4 * BODY_START_MAX;

/** The start of a body, as far as it could be read. */
export interface BodyStart {
  /** At most 512 characters. */
  readonly text: string;
  /** Why no more of it came, if the stream failed. */
  readonly cause?: unknown;
}

/**
 * Reads the start of a response's body, for a person to read. Whatever is
 * wrong with the body or the stream, what has come until then is the answer:
 * the status and the fields are known, and they are what counts.
 */
export async function readBodyStart(
  reader: HeadReader,
  status: number,
  headers: Headers,
): Promise<BodyStart> {
  if (status === 204 || status === 304) return { text: "" };
  const chunked = /\bchunked\b/i.test(headers.get("transfer-encoding") ?? "");
  const announced = /^\d{1,15}$/.exec(headers.get("content-length") ?? "");
  const length = chunked || !announced ? Infinity : Number(announced[0]);
  const wanted = Math.min(length, BODY_BYTES_MAX);
  const isComplete = () =>
    reader.rest.length >= wanted || (chunked && isLastChunkIn(reader.rest));
  let broken = {};
  try {
    while (!isComplete() && await reader.more());
  } catch (cause) {
    // The stream broke, or the caller's deadline closed it.
    broken = { cause };
  }
  const bytes = reader.rest.subarray(0, wanted);
  const body = new TextDecoder().decode(chunked ? unchunk(bytes) : bytes);
  return { text: body.slice(0, BODY_START_MAX), ...broken };
}

function isLastChunkIn(bytes: Uint8Array): boolean {
  return /(?:^|\r\n)0+\r\n/.test(latin1Text(bytes));
}

/** The contents of the chunks, as far as they can be read (RFC 9112 7.1). */
function unchunk(bytes: Uint8Array): Uint8Array {
  const text = latin1Text(bytes);
  let body = "";
  let at = 0;
  for (;;) {
    const size = /^([0-9A-Fa-f]{1,8})[^\r\n]*\r\n/.exec(text.slice(at));
    if (!size) break;
    const length = parseInt(size[1]!, 16);
    if (length === 0) break;
    at += size[0].length;
    body += text.slice(at, at + length);
    at += length + 2;
  }
  return Uint8Array.from(body, (char) => char.charCodeAt(0));
}
