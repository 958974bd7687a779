import type { CloseBody } from "../../../lib/websocket/close_body.ts";
import type { FrameSink } from "../../../lib/websocket/parser.ts";
import type { WebSocketMessage } from "../../../lib/websocket/mod.ts";

/** A frame built by hand, with every field free to be wrong. */
export interface RawFrame {
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** @default true */
  readonly fin?: boolean;
  /** Bits 4 to 6 of the first byte. @default 0 */
  readonly reserved?: number;
  /** Key of four bytes; missing: not masked. */
  readonly key?: readonly number[];
  /** Bytes of the extended length: 0, 2 or 8. @default the shortest */
  readonly lengthBytes?: number;
  /** Length to declare instead of the real one. */
  readonly declared?: bigint;
}

/** Encodes a frame as slowly and plainly as the RFC describes it. */
export function rawFrame(frame: RawFrame): Uint8Array {
  const payload = bytesOf(frame.payload ?? "");
  const length = frame.declared ?? BigInt(payload.length);
  const lengthBytes = frame.lengthBytes ??
    (length < 126n ? 0 : length < 65536n ? 2 : 8);
  const out: number[] = [
    (frame.fin === false ? 0 : 0x80) | ((frame.reserved ?? 0) << 4) |
    frame.opcode,
  ];
  const code = lengthBytes === 0
    ? Number(length)
    : lengthBytes === 2
    ? 126
    : 127;
  out.push((frame.key ? 0x80 : 0) | code);
  for (let i = lengthBytes - 1; i >= 0; i--) {
    out.push(Number((length >> BigInt(8 * i)) & 0xffn));
  }
  const key = frame.key;
  if (key) out.push(...key);
  const head = Uint8Array.from(out);
  const body = key ? payload.map((byte, i) => byte ^ key[i % 4]!) : payload;
  return concat([head, body]);
}

/** What a parser told its sink, as values. */
export type SinkEvent =
  | { readonly kind: "message"; readonly message: WebSocketMessage }
  | { readonly kind: "ping" | "pong"; readonly payload: Uint8Array }
  | { readonly kind: "close"; readonly body: CloseBody };

/** A sink that remembers. */
export function recordingSink(): FrameSink & { readonly events: SinkEvent[] } {
  const events: SinkEvent[] = [];
  return {
    events,
    message: (message) => events.push({ kind: "message", message }),
    ping: (payload) => events.push({ kind: "ping", payload }),
    pong: (payload) => events.push({ kind: "pong", payload }),
    close: (body) => events.push({ kind: "close", body }),
  };
}

/** A frame read back by `readFrames`. */
export interface ReadFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly masked: boolean;
  readonly payload: Uint8Array;
}

/** Reads complete frames, as slowly and plainly as the RFC describes them. */
export function readFrames(bytes: Uint8Array): ReadFrame[] {
  const frames: ReadFrame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at++]!;
    const second = bytes[at++]!;
    let length = BigInt(second & 0x7f);
    const extra = length === 126n ? 2 : length === 127n ? 8 : 0;
    if (extra) length = 0n;
    for (let i = 0; i < extra; i++) {
      length = length * 256n + BigInt(bytes[at++]!);
    }
    const masked = (second & 0x80) !== 0;
    const key = masked ? bytes.slice(at, at += 4) : new Uint8Array(4);
    const payload = bytes.slice(at, at += Number(length))
      .map((byte, i) => byte ^ key[i % 4]!);
    if (at > bytes.length) throw new Error("Frame is cut off");
    frames.push({
      opcode: first & 0x0f,
      fin: (first & 0x80) !== 0,
      masked,
      payload,
    });
  }
  return frames;
}

/** Bytes of a text or of bytes. */
export function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}

/** Joins bytes. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
