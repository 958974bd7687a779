import { CloseCode } from "./close_body.ts";
import { ProtocolError } from "./errors.ts";
import type { HeldBytes } from "./held_bytes.ts";
import type { TextReader } from "./text.ts";

/** Up to this size room is made for a message at once, and is not counted. */
const EAGER_BYTES_MAX = 256 * 1024;

const NOTHING = new Uint8Array(0);

/**
 * Collects the pieces of one message.
 *
 * A peer may announce much and send little, so memory follows what has
 * arrived: beyond 256 KiB it is at most doubled, up to what was announced. What
 * is outgrown or forgotten is freed at once and does not wait for a
 * collection, which many peers together could outrun.
 */
export class Gather {
  #bytes = NOTHING;
  #length = 0;
  #announced = 0;
  readonly #held: HeldBytes | undefined;
  /** What was taken of it. */
  #taken = 0;

  /** @param held Bounds what is collected here and elsewhere together. */
  constructor(held?: HeldBytes) {
    this.#held = held;
  }

  /** Bytes collected and announced so far. */
  get announcedBytes(): number {
    return this.#announced;
  }

  /** Notes that this many bytes more will come. */
  announce(bytes: number): void {
    this.#announced += bytes;
  }

  /**
   * Copies the next piece; announced before.
   *
   * @throws {ProtocolError} If others hold too much already.
   */
  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** Hands out the message, in memory that is not used again, and is empty. */
  take(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#bytes = NOTHING;
    this.clear();
    return bytes;
  }

  /**
   * Hands out the message as text, frees its bytes and is empty.
   *
   * @throws {ProtocolError} If it is not UTF-8.
   */
  takeText(reader: TextReader): string {
    try {
      return reader.decode(this.#bytes.subarray(0, this.#length));
    } finally {
      this.clear();
    }
  }

  /** Forgets everything and frees it. */
  clear(): void {
    if (this.#bytes !== NOTHING) this.#bytes.buffer.transfer(0);
    this.#bytes = NOTHING;
    this.#length = 0;
    this.#announced = 0;
    this.#held?.give(this.#taken);
    this.#taken = 0;
  }

  #grow(length: number): void {
    const capacity = Math.max(length, this.#bytes.length * 2, EAGER_BYTES_MAX);
    const size = Math.min(capacity, this.#announced);
    this.#hold(size - EAGER_BYTES_MAX);
    this.#bytes = this.#bytes === NOTHING
      ? new Uint8Array(size)
      : new Uint8Array(this.#bytes.buffer.transfer(size));
  }

  #hold(bytes: number): void {
    if (!this.#held || bytes <= this.#taken) return;
    if (!this.#held.take(bytes - this.#taken)) {
      throw new ProtocolError(
        CloseCode.tryAgainLater,
        "Too much is being received at once, try again later",
      );
    }
    this.#taken = bytes;
  }
}
