import { decode, type Decoded, notUtf8Fault } from "../message/mod.ts";

/** A byte order mark stays, and is no JSON, as in text frames and to Go. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a frame. Go's peers look at no frame type; neither do we. The text of
 * a text frame was checked with the frame, that of a binary one is checked
 * here.
 *
 * @param lengthMax Longest text in UTF-16 units.
 */
export function decodeFrame(
  data: string | Uint8Array,
  lengthMax: number,
): Decoded {
  if (typeof data === "string") return decode(data, { lengthMax });
  try {
    return decode(UTF8.decode(data), { lengthMax });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { ok: false, fault: notUtf8Fault(new TextDecoder().decode(data)) };
  }
}
