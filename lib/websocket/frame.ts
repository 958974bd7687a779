/** Opcodes of RFC 6455 5.2. */
export const Opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** An opcode that has a meaning; all others are reserved. */
export type Opcode = typeof Opcode[keyof typeof Opcode];

/** Longest payload of a control frame in bytes (RFC 6455 5.5). */
export const CONTROL_BYTES_MAX = 125;

/** Longest header of a frame in bytes: two, eight of length, four of key. */
export const HEADER_BYTES_MAX = 14;

/** Bit of the first byte: the last frame of its message. */
export const FIN = 0x80;

/** Bit of the second byte: a masking key follows the length. */
export const MASKED = 0x80;

/** Bytes of the header before the payload, key included. */
export function headerBytes(payloadBytes: number, masked: boolean): number {
  const length = payloadBytes < 126 ? 2 : payloadBytes < 65536 ? 4 : 10;
  return masked ? length + 4 : length;
}

/** What stands in a header. */
export interface Header {
  /** What the frame is. */
  readonly opcode: Opcode;
  /** Length of the payload in bytes, below 2^53. */
  readonly payloadBytes: number;
  /** Whether a key follows; the caller writes it. */
  readonly masked: boolean;
}

/**
 * Writes the header of an unfragmented frame at `at`, with the shortest
 * length encoding, up to where the masking key would stand.
 *
 * @returns Where the header ends, or the key begins.
 */
export function writeHeader(
  into: Uint8Array,
  at: number,
  { opcode, payloadBytes, masked }: Header,
): number {
  const flag = masked ? MASKED : 0;
  into[at] = FIN | opcode;
  if (payloadBytes < 126) {
    into[at + 1] = flag | payloadBytes;
    return at + 2;
  }
  if (payloadBytes < 65536) {
    into[at + 1] = flag | 126;
    into[at + 2] = payloadBytes >>> 8;
    into[at + 3] = payloadBytes;
    return at + 4;
  }
  into[at + 1] = flag | 127;
  let rest = payloadBytes;
  for (let i = at + 9; i > at + 1; i--) {
    into[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return at + 10;
}

/** Bytes of the whole header, as its second byte tells. */
export function headerNeed(second: number): number {
  const code = second & 0x7f;
  const length = code < 126 ? 2 : code === 126 ? 4 : 10;
  return second & MASKED ? length + 4 : length;
}
