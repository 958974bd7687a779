import type { Clock } from "../base/mod.ts";
import type { ByteStream } from "../websocket/mod.ts";

/** The peer did not take what was written, or the stream was closed meanwhile. */
export class PeerGoneError extends Error {
  /** Always `PeerGoneError`. */
  override readonly name = "PeerGoneError";
}

/** How a peer is waited for. */
export interface PeerStreamOptions {
  /** Measures the deadline. */
  readonly clock: Clock;
  /** Milliseconds until the peer has taken a write. */
  readonly writeMs: number;
}

/**
 * The stream of a peer that may be slow or mute: a write has a deadline, and
 * none outlives `close`.
 *
 * The runtime cannot take back a write once it waits for the kernel (Deno
 * 2.7.11), so the socket itself lives until the peer reads or leaves; `freed`
 * says when.
 */
export class PeerStream implements ByteStream {
  /** Resolves once the socket is gone, which may be long after `close`. */
  readonly freed: Promise<void>;
  readonly #inner: ByteStream;
  readonly #options: PeerStreamOptions;
  readonly #freed = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<undefined>();
  #writing = 0;
  #isClosed = false;

  /** @param inner Closed with this one. */
  constructor(inner: ByteStream, options: PeerStreamOptions) {
    this.#inner = inner;
    this.#options = options;
    this.freed = this.#freed.promise;
  }

  /** As the inner stream. */
  read(into: Uint8Array): Promise<number | null> {
    return this.#inner.read(into);
  }

  /**
   * As the inner stream.
   *
   * @throws {PeerGoneError} If it takes too long or the stream is closed.
   */
  async write(bytes: Uint8Array): Promise<number> {
    const { clock, writeMs } = this.#options;
    const late = clock.after(writeMs, () => this.close());
    try {
      const written = this.#write(bytes);
      const length = await Promise.race([written, this.#closed.promise]);
      if (length !== undefined) return length;
      throw new PeerGoneError("The peer was given up");
    } finally {
      late.cancel();
    }
  }

  /** Ends the stream and every write at once. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closed.resolve(undefined);
    this.#inner.close();
    this.#settle();
  }

  async #write(bytes: Uint8Array): Promise<number> {
    this.#writing++;
    try {
      return await this.#inner.write(bytes);
    } finally {
      this.#writing--;
      this.#settle();
    }
  }

  #settle(): void {
    if (this.#isClosed && this.#writing === 0) this.#freed.resolve();
  }
}
