const OPCODES = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What a peer of the node sends and gets. */
export type Opcode = keyof typeof OPCODES;

const NAMES = new Map<number, Opcode>(
  Object.entries(OPCODES).map(([name, code]) => [code, name as Opcode]),
);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One frame; masked ones have the mask 0, which changes no byte. */
export function encodeFrame(
  opcode: Opcode,
  payload: string | Uint8Array,
  masked: boolean,
): Uint8Array {
  const body = typeof payload === "string" ? encoder.encode(payload) : payload;
  const { length } = body;
  const lengthBytes = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const start = 2 + lengthBytes + (masked ? 4 : 0);
  const frame = new Uint8Array(start + length);
  frame[0] = 0x80 | OPCODES[opcode];
  const mask = masked ? 0x80 : 0;
  if (lengthBytes === 0) {
    frame[1] = mask | length;
  } else {
    frame[1] = mask | (lengthBytes === 2 ? 126 : 127);
    const view = new DataView(frame.buffer);
    if (lengthBytes === 2) view.setUint16(2, length);
    else view.setBigUint64(2, BigInt(length));
  }
  frame.set(body, start);
  return frame;
}

/** Takes frames of the node apart; it sends whole messages, masked with 0. */
export class FrameReader {
  #rest = new Uint8Array(0);

  /** Takes bytes and calls `frame` for each frame that they complete. */
  push(
    bytes: Uint8Array,
    frame: (opcode: Opcode, payload: Uint8Array) => void,
  ): void {
    let all = bytes;
    if (this.#rest.length > 0) {
      all = new Uint8Array(this.#rest.length + bytes.length);
      all.set(this.#rest);
      all.set(bytes, this.#rest.length);
    }
    let at = 0;
    for (;;) {
      const head = headOf(all, at);
      if (!head || at + head.start + head.length > all.length) break;
      const from = at + head.start;
      at = from + head.length;
      const opcode = NAMES.get((all[at - head.start - head.length] ?? 0) & 15);
      if (opcode) frame(opcode, all.subarray(from, at));
    }
    this.#rest = all.slice(at);
  }
}

function headOf(
  bytes: Uint8Array,
  at: number,
): { start: number; length: number } | undefined {
  if (bytes.length < at + 2) return undefined;
  const second = bytes[at + 1] ?? 0;
  const short = second & 0x7f;
  const mask = second & 0x80 ? 4 : 0;
  if (short < 126) return { start: 2 + mask, length: short };
  const lengthBytes = short === 126 ? 2 : 8;
  if (bytes.length < at + 2 + lengthBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + 2);
  const length = lengthBytes === 2
    ? view.getUint16(0)
    : Number(view.getBigUint64(0));
  return { start: 2 + lengthBytes + mask, length };
}

/** Text of a payload. */
export function textOf(payload: Uint8Array): string {
  return decoder.decode(payload);
}
