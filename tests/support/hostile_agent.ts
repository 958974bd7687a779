import { type ByteStream, clientHandshake } from "../../lib/websocket/mod.ts";
import { streamOf } from "./edged_harness.ts";

/** Where a hostile process knocks. */
export type Door =
  | { readonly path: string }
  | { readonly port: number };

/** A bare connection to the agents' door; nothing is sent yet. */
export async function knock(door: Door): Promise<ByteStream> {
  const connection = "path" in door
    ? await Deno.connect({ transport: "unix", path: door.path })
    : await Deno.connect({ hostname: "127.0.0.1", port: door.port });
  return streamOf(connection);
}

/** Attaches as a module by hand, so that every byte after it is the test's. */
export async function attachRaw(
  door: Door,
  module: string,
): Promise<ByteStream> {
  const stream = await knock(door);
  const { leftover } = await clientHandshake(stream, {
    host: "localhost",
    path: `/attach/${module}`,
    nonce: () => crypto.getRandomValues(new Uint8Array(16)),
  });
  let first = leftover;
  return {
    // What came with the answer to the handshake comes before all else.
    read: (into) => {
      if (first.length === 0) return stream.read(into);
      const part = first.subarray(0, into.length);
      into.set(part);
      first = first.subarray(part.length);
      return Promise.resolve(part.length);
    },
    write: (bytes) => stream.write(bytes),
    close: () => stream.close(),
  };
}

/** Writes all of it, or tells that the other end took no more. */
export async function writeAll(
  stream: ByteStream,
  bytes: Uint8Array,
): Promise<boolean> {
  try {
    for (let at = 0; at < bytes.length;) {
      at += await stream.write(bytes.subarray(at));
    }
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return false;
  }
}

/** Reads to the end, whatever kind of end it is; all that came, as text. */
export async function readAll(stream: ByteStream): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65_536);
  try {
    for (;;) {
      const length = await stream.read(buffer);
      if (length === null) return text;
      text += new TextDecoder().decode(buffer.subarray(0, length));
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return text;
  }
}

/** The head of a masked text frame that announces so many bytes. */
export function frameHead(length: number): Uint8Array {
  const head = new Uint8Array(14);
  head.set([0x81, 0x80 | 127]);
  new DataView(head.buffer).setBigUint64(2, BigInt(length));
  return head;
}

/** Sends an HTTP request and returns the first line of the answer. */
export async function firstLine(door: Door, request: string): Promise<string> {
  const stream = await knock(door);
  await writeAll(stream, new TextEncoder().encode(request));
  const buffer = new Uint8Array(1000);
  const length = await stream.read(buffer) ?? 0;
  stream.close();
  return new TextDecoder().decode(buffer.subarray(0, length))
    .split("\r\n")[0]!;
}
