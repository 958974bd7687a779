import type { Clock } from "../base/mod.ts";
import {
  type ByteStream,
  formatHead,
  latin1Bytes,
  readUpgrade,
  type UpgradeRequest,
  writeAll,
} from "../websocket/mod.ts";

/** What one exchange works with. */
export interface ExchangeParts {
  /** Measures the deadline. */
  readonly clock: Clock;
  /** Makes the answer. */
  readonly answer: (request: Request) => Promise<Response>;
  /** Milliseconds until the whole head of the request must be there. */
  readonly requestMs: number;
}

/** Most header fields and their bytes; a scraper sends a few hundred. */
const HEAD_BYTES_MAX = 8192;

/**
 * Serves one request on a connection and closes it: GET and HEAD only, so no
 * body is read. A peer that sends half a request is gone after the deadline.
 *
 * A response of `text/event-stream` goes on until either side ends it.
 *
 * @throws {HandshakeError} If the peer sent no request that can be read.
 */
export async function exchange(
  stream: ByteStream,
  parts: ExchangeParts,
): Promise<void> {
  const { clock, requestMs, answer } = parts;
  const deadline = clock.after(requestMs, () => stream.close());
  try {
    const head = await readUpgrade(stream, { headBytesMax: HEAD_BYTES_MAX });
    deadline.cancel();
    const response = await answer(requestOf(head));
    if (isEventStream(response)) await follow(stream, response);
    else await send(stream, response);
  } finally {
    deadline.cancel();
    stream.close();
  }
}

/** Methods that cannot be spoken of are refused as any other but GET and HEAD. */
function requestOf({ method, path, query, headers }: UpgradeRequest): Request {
  const search = query.size > 0 ? `?${query}` : "";
  return new Request(`http://localhost${path}${search}`, {
    method: method === "GET" || method === "HEAD" ? method : "POST",
    headers,
  });
}

function isEventStream({ body, headers }: Response): boolean {
  const type = headers.get("content-type") ?? "";
  return body !== null && type.startsWith("text/event-stream");
}

async function send(stream: ByteStream, response: Response): Promise<void> {
  const body = await response.bytes();
  // The answer to HEAD has no body, and does not say how long it were.
  const head = headOf(
    response,
    response.body ? [["content-length", `${body.length}`]] : [],
  );
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  await writeAll(stream, bytes);
}

/** Passes events on as they come; the end of the connection is their end. */
async function follow(stream: ByteStream, response: Response): Promise<void> {
  const events = response.body?.getReader();
  if (!events) return;
  const left = peerLeft(stream).then(() => events.cancel());
  try {
    await writeAll(stream, headOf(response, []));
    for (;;) {
      const { done, value } = await events.read();
      if (done) break;
      await writeAll(stream, value);
    }
  } finally {
    stream.close();
    await left;
  }
}

/** Resolves once nothing more can come from the peer. */
async function peerLeft(stream: ByteStream): Promise<void> {
  const ignored = new Uint8Array(256);
  while (await hasMore(stream, ignored));
}

async function hasMore(
  stream: ByteStream,
  ignored: Uint8Array,
): Promise<boolean> {
  try {
    return await stream.read(ignored) !== null;
  } catch {
    // A reset is an end as well, and so is our own close.
    return false;
  }
}

function headOf(
  { status, headers }: Response,
  more: readonly (readonly [string, string])[],
): Uint8Array {
  return latin1Bytes(formatHead(`HTTP/1.1 ${status} `, [
    ["connection", "close"],
    ...headers,
    ...more,
  ]));
}
