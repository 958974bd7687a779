import { ProtocolError } from "./errors.ts";
import { CONTROL_BYTES_MAX } from "./frame.ts";
import type { TextReader } from "./text.ts";

/** Close codes of RFC 6455 7.4 and IANA's registry that this room uses itself. */
export const CloseCode = {
  /** All done. */
  normal: 1000,
  /** A frame that the protocol forbids. */
  protocolError: 1002,
  /** Reported, never sent: the close frame had no code. */
  noStatus: 1005,
  /** Reported, never sent: there was no close frame. */
  abnormal: 1006,
  /** Text that is not UTF-8. */
  invalidPayload: 1007,
  /** A message larger than we take. */
  tooBig: 1009,
  /** We cannot take it now. */
  tryAgainLater: 1013,
} as const;

/** What a close frame said. */
export interface CloseBody {
  /** Its code; 1005 if it had none. */
  readonly code: number;
  /** Its reason; may be empty. */
  readonly reason: string;
}

/**
 * Tells whether a code may stand in a close frame: those registered for the
 * protocol, and 3000 to 4999. 1004, 1005, 1006 and 1015 never do.
 */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

/**
 * The payload of a close frame. A reason that does not fit is cut at a
 * character: closing must not fail for its text.
 *
 * @param code 1005 gives an empty payload: a close frame without a code.
 * @throws {RangeError} If the code may not be sent.
 */
export function encodeCloseBody({ code, reason }: CloseBody): Uint8Array {
  if (code === CloseCode.noStatus) return new Uint8Array(0);
  if (!isCloseCode(code)) {
    throw new RangeError(`Cannot close with a code that is not valid: ${code}`);
  }
  const bytes = new Uint8Array(CONTROL_BYTES_MAX);
  bytes[0] = code >>> 8;
  bytes[1] = code;
  const { written } = new TextEncoder().encodeInto(reason, bytes.subarray(2));
  return bytes.subarray(0, 2 + written);
}

/**
 * Reads the payload of a close frame.
 *
 * @throws {ProtocolError} 1002 for a single byte or a code that may not be
 *   sent, 1007 for a reason that is not UTF-8.
 */
export function decodeCloseBody(
  bytes: Uint8Array,
  text: TextReader,
): CloseBody {
  if (bytes.length === 0) return { code: CloseCode.noStatus, reason: "" };
  if (bytes.length === 1) {
    throw new ProtocolError(1002, "Close frame has a body of one byte");
  }
  const code = bytes[0]! * 256 + bytes[1]!;
  if (!isCloseCode(code)) {
    throw new ProtocolError(1002, `Close code is not valid: ${code}`);
  }
  return { code, reason: text.decode(bytes.subarray(2)) };
}
