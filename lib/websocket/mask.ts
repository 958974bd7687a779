/** Below this many bytes a view of words costs more than it saves. */
const WORDWISE_BYTES_MIN = 48;

/**
 * The XOR of RFC 6455 5.3 with one key of four bytes.
 *
 * It works on whole words where it can: the key is turned so that it fits the
 * first aligned byte, so neither alignment nor byte order matter.
 */
export class Mask {
  readonly #key = new Uint8Array(4);
  readonly #turned = new Uint8Array(4);
  readonly #word = new Uint32Array(this.#turned.buffer);

  /** Takes the key from the four bytes at `at`. */
  load(bytes: Uint8Array, at: number): void {
    for (let i = 0; i < 4; i++) this.#key[i] = bytes[at + i] ?? 0;
  }

  /**
   * Masks or unmasks in place.
   *
   * @param phase Bytes of the payload that came before these.
   */
  apply(bytes: Uint8Array, phase = 0): void {
    const length = bytes.length;
    if (length < WORDWISE_BYTES_MIN) return this.#xor(bytes, 0, length, phase);
    const start = -bytes.byteOffset & 3;
    const words = (length - start) >>> 2;
    const end = start + words * 4;
    this.#xor(bytes, 0, start, phase);
    for (let i = 0; i < 4; i++) {
      this.#turned[i] = this.#key[(phase + start + i) & 3]!;
    }
    const word = this.#word[0]!;
    const view = new Uint32Array(bytes.buffer, bytes.byteOffset + start, words);
    for (let i = 0; i < words; i++) view[i] = view[i]! ^ word;
    this.#xor(bytes, end, length, phase);
  }

  #xor(bytes: Uint8Array, from: number, to: number, phase: number): void {
    const key = this.#key;
    for (let i = from; i < to; i++) {
      bytes[i] = bytes[i]! ^ key[(phase + i) & 3]!;
    }
  }
}

/** Most random bytes fetched at a time: keys for 128 frames. */
const POOL_BYTES = 512;

/** Fresh keys for the frames of a client, fetched many at a time. */
export class MaskSource {
  readonly #fill: (into: Uint8Array) => void;
  readonly #pool = new Uint8Array(POOL_BYTES);
  readonly #mask = new Mask();
  #used = POOL_BYTES;

  /** @param fill Fills with unpredictable bytes (RFC 6455 10.3). */
  constructor(fill: (into: Uint8Array) => void = fillWithRandom) {
    this.#fill = fill;
  }

  /** Writes the next key at `at` and returns its mask, valid until the next call. */
  next(into: Uint8Array, at: number): Mask {
    if (this.#used === POOL_BYTES) {
      this.#fill(this.#pool);
      this.#used = 0;
    }
    for (let i = 0; i < 4; i++) into[at + i] = this.#pool[this.#used++]!;
    this.#mask.load(into, at);
    return this.#mask;
  }
}

function fillWithRandom(into: Uint8Array): void {
  crypto.getRandomValues(into as Uint8Array<ArrayBuffer>);
}
