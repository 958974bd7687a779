import { headerBytes, type Opcode, writeHeader } from "./frame.ts";
import type { MaskSource } from "./mask.ts";

/** Smallest buffer of a lane, in bytes. */
const CAPACITY_BYTES_MIN = 4096;

/** A larger buffer is given back as soon as the lane is empty. */
const CAPACITY_BYTES_KEPT = 256 * 1024;

/** Longest character in UTF-8. */
const CHARACTER_BYTES_MAX = 4;

const NOTHING = new Uint8Array(0);

/** Whole frames on their way out. */
export interface Flight {
  /** Encoded frames, one after the other. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` each frame that is a message ends, rising. */
  readonly messageEnds: readonly number[];
  /** Number of frames. */
  readonly frameCount: number;
}

/**
 * Frames that wait, encoded, in the order in which they were added.
 *
 * Invariants: a flight is a window into the buffer, and what is added later
 * never touches it; the buffer starts over only in `recycle`.
 */
export class Lane {
  readonly #masks: MaskSource | undefined;
  readonly #encoder = new TextEncoder();
  #bytes = NOTHING;
  #start = 0;
  #end = 0;
  /** Size of each frame in bytes; negative if it is not a message. */
  #sizes: number[] = [];
  #next = 0;

  /** @param masks Keys for the frames of a client; none for a server. */
  constructor(masks: MaskSource | undefined) {
    this.#masks = masks;
  }

  /** Bytes waiting. */
  get bufferedBytes(): number {
    return this.#end - this.#start;
  }

  /** Size of the oldest frame in bytes; 0 if there is none. */
  get nextBytes(): number {
    return Math.abs(this.#sizes[this.#next] ?? 0);
  }

  /** Encodes a frame at the end. A lone surrogate leaves as U+FFFD. */
  add(opcode: Opcode, payload: string | Uint8Array, isMessage = true): void {
    const masked = this.#masks !== undefined;
    const guess = headerBytes(payload.length, masked);
    const payloadBytes = typeof payload === "string"
      ? this.#addText(payload, guess)
      : this.#addBytes(payload, guess);
    const header = headerBytes(payloadBytes, masked);
    // Only text beyond ASCII outgrows the header guessed from its length.
    if (header > guess) {
      this.#reserve(header + payloadBytes, guess + payloadBytes);
      const from = this.#end + guess;
      this.#bytes.copyWithin(this.#end + header, from, from + payloadBytes);
    }
    const at = writeHeader(this.#bytes, this.#end, {
      opcode,
      payloadBytes,
      masked,
    });
    const frameEnd = this.#end + header + payloadBytes;
    this.#masks?.next(this.#bytes, at).apply(
      this.#bytes.subarray(at + 4, frameEnd),
    );
    this.#end = frameEnd;
    const size = header + payloadBytes;
    this.#sizes.push(isMessage ? size : -size);
  }

  /**
   * Takes whole frames from the front: at least one, and no more than
   * `bytesMax` bytes unless the first one alone is larger.
   *
   * @returns `undefined` if there is none.
   */
  take(bytesMax: number): Flight | undefined {
    if (this.#next === this.#sizes.length) return undefined;
    const from = this.#next;
    const messageEnds: number[] = [];
    let length = 0;
    while (this.#next < this.#sizes.length) {
      const size = this.#sizes[this.#next]!;
      const bytes = Math.abs(size);
      if (length > 0 && length + bytes > bytesMax) break;
      length += bytes;
      if (size > 0) messageEnds.push(length);
      this.#next++;
    }
    const bytes = this.#bytes.subarray(this.#start, this.#start + length);
    this.#start += length;
    const frameCount = this.#next - from;
    this.#compact();
    return { bytes, messageEnds, frameCount };
  }

  /** Lets the buffer be used again; no flight of this lane may be under way. */
  recycle(): void {
    if (this.#start !== this.#end) return;
    this.#start = 0;
    this.#end = 0;
    if (this.#bytes.length > CAPACITY_BYTES_KEPT) this.#bytes = NOTHING;
  }

  /** Drops what waits; a flight under way stays as it is. */
  clear(): void {
    this.#bytes = NOTHING;
    this.#start = 0;
    this.#end = 0;
    this.#sizes = [];
    this.#next = 0;
  }

  #addBytes(payload: Uint8Array, header: number): number {
    this.#reserve(header + payload.length);
    this.#bytes.set(payload, this.#end + header);
    return payload.length;
  }

  /**
   * Room is made for ASCII first, and once more for what is beyond it. What
   * `encodeInto` says it has read is not asked for: once compiled, Deno 2.7.11
   * counts bytes there where characters of Latin-1 were read, and what was cut
   * would be lost.
   */
  #addText(text: string, header: number): number {
    this.#reserve(header + text.length + CHARACTER_BYTES_MAX);
    const written = this.#encode(text, header);
    const leftBytes = this.#bytes.length - this.#end - header - written;
    // A character was left out only if there was no room for it.
    if (leftBytes >= CHARACTER_BYTES_MAX) return written;
    this.#reserve(header + utf8Bytes(text));
    return this.#encode(text, header);
  }

  #encode(text: string, header: number): number {
    const into = this.#bytes.subarray(this.#end + header);
    return this.#encoder.encodeInto(text, into).written;
  }

  /**
   * Makes room for `bytes` after the last frame.
   *
   * @param used Bytes of them that are written already and move along.
   */
  #reserve(bytes: number, used = 0): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    const waiting = this.#end - this.#start;
    const grown = new Uint8Array(
      Math.max(waiting + bytes, waiting * 2, CAPACITY_BYTES_MIN),
    );
    grown.set(this.#bytes.subarray(this.#start, this.#end + used));
    this.#bytes = grown;
    this.#start = 0;
    this.#end = waiting;
  }

  #compact(): void {
    if (this.#next === this.#sizes.length) {
      this.#sizes = [];
      this.#next = 0;
    } else if (this.#next > 1024 && this.#next * 2 > this.#sizes.length) {
      this.#sizes = this.#sizes.slice(this.#next);
      this.#next = 0;
    }
  }
}

/** Length of a text in UTF-8; half a surrogate pair counts as U+FFFD. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (isPair(unit, text.charCodeAt(i + 1))) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}

function isPair(high: number, low: number): boolean {
  return high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000;
}
