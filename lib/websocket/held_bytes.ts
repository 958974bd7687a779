/**
 * Memory that messages which have begun to come may take together, over
 * several connections: each peer may send a part of its largest message and
 * wait.
 *
 * Invariant: what is held never exceeds the bound.
 */
export class HeldBytes {
  readonly #bytesMax: number;
  #bytes = 0;

  /**
   * Holds nothing yet.
   *
   * @param bytesMax The bound.
   */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Holds so many bytes more; `false` if the bound does not allow it. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}
