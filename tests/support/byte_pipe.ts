import type { ByteStream } from "../../lib/websocket/mod.ts";

/** How a pipe in memory behaves. */
export interface BytePipeOptions {
  /** Most bytes under way in each direction; a write waits beyond. @default 65536 */
  readonly capacityBytes?: number;
  /** Most bytes that one read returns, of those that are there. @default all */
  readonly readSplit?: (available: number) => number;
  /** Most bytes that one write takes, of those that fit. @default all */
  readonly writeSplit?: (offered: number) => number;
}

/**
 * A pair of connected streams in memory: what one end writes the other reads.
 *
 * They behave as sockets do: bounded, in order, split at will, half of them
 * may be read after the other end closed.
 *
 * @example
 * ```ts
 * const [near, far] = bytePipe({ readSplit: () => 1 });
 * ```
 */
export function bytePipe(options: BytePipeOptions = {}): [PipeEnd, PipeEnd] {
  const there = new Channel(options);
  const back = new Channel(options);
  return [new PipeEnd(back, there), new PipeEnd(there, back)];
}

/** One end of a pipe in memory. */
export class PipeEnd implements ByteStream {
  readonly #incoming: Channel;
  readonly #outgoing: Channel;
  #closed = false;

  /** Sizes of the writes as they were offered, in order. */
  readonly offered: number[] = [];

  /** Times that `read` was called. */
  readCount = 0;

  /** Connects two channels; `bytePipe` makes both. */
  constructor(incoming: Channel, outgoing: Channel) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  /** Whether `close` or `abort` was called on this end. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes that this end has written and the other has not read. */
  get unreadBytes(): number {
    return this.#outgoing.length;
  }

  /**
   * Reads what is there, at least one byte; `null` once the other end closed.
   *
   * @throws {Deno.errors.BadResource} If this end was closed before.
   * @throws {Deno.errors.Interrupted} If it is closed meanwhile.
   * @throws What `abort` was given.
   */
  read(into: Uint8Array): Promise<number | null> {
    this.readCount++;
    return this.#incoming.read(into);
  }

  /**
   * Writes as much as fits, at least one byte.
   *
   * @throws {Deno.errors.BrokenPipe} If either end is closed.
   * @throws What `abort` was given.
   */
  write(bytes: Uint8Array): Promise<number> {
    this.offered.push(bytes.length);
    return this.#outgoing.write(bytes);
  }

  /** Ends both directions; the other end reads what is under way, then `null`. */
  close(): void {
    this.#closed = true;
    this.#outgoing.end();
    this.#incoming.leave();
  }

  /** Breaks the pipe as a reset does: both ends fail, what is under way is lost. */
  abort(error: unknown): void {
    this.#closed = true;
    this.#outgoing.break(error);
    this.#incoming.break(error);
  }

  /** Writes all bytes. */
  async writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.write(bytes.subarray(at));
    }
  }

  /** Reads exactly this many bytes. @throws {Error} If the stream ends before. */
  async readExactly(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const read = await this.read(bytes.subarray(at));
      if (read === null) throw new Error(`End after ${at} of ${length} bytes`);
      at += read;
    }
    return bytes;
  }

  /** Reads until the other end closes. */
  async readToEnd(): Promise<Uint8Array> {
    const chunks: number[] = [];
    const buffer = new Uint8Array(4096);
    for (;;) {
      const read = await this.read(buffer);
      if (read === null) return Uint8Array.from(chunks);
      for (const byte of buffer.subarray(0, read)) chunks.push(byte);
    }
  }
}

/** One direction: a ring of bytes with waiting on both sides. */
class Channel {
  readonly #ring: Uint8Array;
  readonly #readSplit: (available: number) => number;
  readonly #writeSplit: (offered: number) => number;
  #start = 0;
  #length = 0;
  #ended = false;
  #left = false;
  #broken: { readonly error: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(options: BytePipeOptions) {
    this.#ring = new Uint8Array(options.capacityBytes ?? 65536);
    this.#readSplit = options.readSplit ?? ((available) => available);
    this.#writeSplit = options.writeSplit ?? ((offered) => offered);
  }

  get length(): number {
    return this.#length;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#left) throw new Deno.errors.BadResource("Stream is closed");
    for (;;) {
      if (this.#broken) throw this.#broken.error;
      if (this.#left) throw new Deno.errors.Interrupted("Read was cancelled");
      if (this.#length > 0) break;
      if (this.#ended) return null;
      await this.#changed.promise;
    }
    const available = Math.min(into.length, this.#length);
    const size = clamp(this.#readSplit(available), available);
    for (let i = 0; i < size; i++) {
      into[i] = this.#ring[(this.#start + i) % this.#ring.length]!;
    }
    this.#start = (this.#start + size) % this.#ring.length;
    this.#length -= size;
    this.#notify();
    return size;
  }

  async write(bytes: Uint8Array): Promise<number> {
    for (;;) {
      if (this.#broken) throw this.#broken.error;
      if (this.#ended || this.#left) {
        throw new Deno.errors.BrokenPipe("Stream is closed");
      }
      if (this.#length < this.#ring.length) break;
      await this.#changed.promise;
    }
    const room = Math.min(bytes.length, this.#ring.length - this.#length);
    const size = clamp(this.#writeSplit(room), room);
    const from = this.#start + this.#length;
    for (let i = 0; i < size; i++) {
      this.#ring[(from + i) % this.#ring.length] = bytes[i]!;
    }
    this.#length += size;
    this.#notify();
    return size;
  }

  /** The writer is done. */
  end(): void {
    this.#ended = true;
    this.#notify();
  }

  /** The reader is gone. */
  leave(): void {
    this.#left = true;
    this.#length = 0;
    this.#notify();
  }

  break(error: unknown): void {
    this.#broken ??= { error };
    this.#notify();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

function clamp(size: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(size)));
}
