import { CloseCode } from "./close_body.ts";
import { ProtocolError } from "./errors.ts";
import type { HeldBytes } from "./held_bytes.ts";

/** Up to this size room is made for a message at once, and is not counted. */
const EAGER_BYTES_MAX = 1024 * 1024;

const NOTHING = new Uint8Array(0);

/**
 * Collects the pieces of one message.
 *
 * A peer may announce much and send little, so memory follows what has
 * arrived: beyond 1 MiB it is at most doubled, up to what was announced.
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
    this.clear();
    return bytes;
  }

  /** Forgets everything. */
  clear(): void {
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
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
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
