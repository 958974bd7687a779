import type { ByteStream } from "./types.ts";

/** Bytes of one read. */
const READ_BYTES_MAX = 64 * 1024;

/** Reads a stream through one buffer that is used again for each read. */
export class ChunkReader {
  readonly #stream: ByteStream;
  readonly #buffer = new Uint8Array(READ_BYTES_MAX);
  #leftover: Uint8Array | undefined;

  /** @param leftover Bytes that come before those of the stream; copied. */
  constructor(stream: ByteStream, leftover?: Uint8Array) {
    this.#stream = stream;
    this.#leftover = leftover?.length ? leftover.slice() : undefined;
  }

  /**
   * The next bytes, valid until the next call; `null` at the end.
   *
   * @throws {RangeError} If the stream breaks its contract.
   */
  async next(): Promise<Uint8Array | null> {
    const leftover = this.#leftover;
    if (leftover) {
      this.#leftover = undefined;
      return leftover;
    }
    const length = await this.#stream.read(this.#buffer);
    if (length === null) return null;
    if (!(length >= 1 && length <= READ_BYTES_MAX)) {
      throw new RangeError(`Stream read ${length} bytes of ${READ_BYTES_MAX}`);
    }
    return this.#buffer.subarray(0, length);
  }
}
