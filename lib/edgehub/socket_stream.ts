import type { Socket } from "node:net";
import type { ByteStream } from "../websocket/mod.ts";
import { type RawConn, takeOver } from "./raw_conn.ts";

/** Bytes held from the socket before it is paused. */
const HELD_BYTES_MAX = 256 * 1024;

/**
 * Most bytes of one write. A write says nothing until the kernel has all of
 * it; on a thin link a larger one would look stuck while it moves.
 */
const WRITE_BYTES_MAX = 32 * 1024;

/**
 * A `node:net` or `node:tls` socket as a byte stream that is read on demand:
 * what nobody reads stays in the kernel, and the peer slows down.
 *
 * Invariants: the socket's errors end here, whenever they come, since one
 * that nobody hears would end the process; all that came before the end is
 * read before the end is told; no call waits once the stream is closed.
 */
export class SocketStream implements ByteStream {
  readonly #socket: Socket;
  readonly #chunks: Uint8Array[] = [];
  #held = 0;
  #offset = 0;
  #isOpen = false;
  #flowing = false;
  /** The socket reads nothing until what is held has been read. */
  #isHeldBack = false;
  #receivedBytes = 0;
  /** Where it is written to, once nothing else comes onto the socket. */
  #raw: RawConn | undefined;
  /** Reads are ours, what came before is in the chunks. */
  #readsRaw = false;
  /** The first of error, end and close; nothing comes after it. */
  #end: { readonly error: unknown } | undefined;
  #closed = false;
  #writesRefused = false;
  #writeError: unknown;
  #waiting: PromiseWithResolvers<void> | undefined;
  #writing: PromiseWithResolvers<number> | undefined;

  /**
   * Takes a socket over; nothing is read from it yet.
   *
   * @param socket Connecting; used by this stream only.
   * @param openEvent The event that says that it is open.
   */
  constructor(socket: Socket, openEvent: "connect" | "secureConnect") {
    this.#socket = socket;
    socket.once(openEvent, () => this.#onOpen());
    socket.on("error", (error: Error) => this.#onEnd(error));
    socket.on("end", () => this.#onEnd());
    socket.on("close", () => this.#onEnd());
  }

  /** Bytes that have come, TLS removed. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /**
   * Waits until the socket is open.
   *
   * @throws The socket's error, if it ends before.
   */
  async opened(): Promise<void> {
    while (!this.#isOpen && !this.#end) await this.#change();
    if (!this.#isOpen) throw this.#end?.error ?? endedError();
  }

  /**
   * Says that nothing else comes onto the socket, such as TLS: what is read and
   * written from now on goes straight to the runtime's connection.
   */
  settle(): void {
    this.#raw ??= takeOver(this.#socket, () => {
      this.#readsRaw = true;
      this.#wake();
    });
  }

  /** Reads what is there; `null` at the end. @throws The socket's error. */
  async read(into: Uint8Array): Promise<number | null> {
    this.#flow();
    while (this.#chunks.length === 0) {
      if (this.#end) {
        this.#refuseWrites();
        if (this.#end.error) throw this.#end.error;
        return null;
      }
      if (!this.#readsRaw) await this.#change();
      else {
        const count = await this.#readRaw(into);
        if (count > 0) return count;
      }
    }
    const filled = this.#take(into);
    if (this.#isHeldBack && this.#held < HELD_BYTES_MAX) {
      this.#isHeldBack = false;
      handleOf(this.#socket)?.readStart();
    }
    return filled;
  }

  /**
   * Writes the start of the bytes; resolves once the kernel has it. A peer
   * that ended takes nothing more, but what it sent before is to be read
   * first: a write waits until `read` has told the end.
   *
   * @throws The socket's error.
   */
  write(bytes: Uint8Array): Promise<number> {
    const part = bytes.subarray(0, WRITE_BYTES_MAX);
    const writing = Promise.withResolvers<number>();
    this.#writing = writing;
    if (this.#takesNoWrites) {
      this.#refuseWrites();
    } else if (!this.#end) {
      this.#write(part, writing.resolve);
    }
    return writing.promise;
  }

  #write(bytes: Uint8Array, onTaken: (count: number) => void): void {
    if (this.#raw) {
      this.#raw.write(bytes).then(onTaken, (error) => this.#onRefused(error));
      return;
    }
    this.#socket.write(bytes, (error) => {
      if (!error) onTaken(bytes.length);
      else this.#onEnd(error);
    });
  }

  /** What came before a peer went is still to be read: the reader tells of it. */
  #onRefused(error: unknown): void {
    this.#writeError = error;
    if (!this.#flowing) this.#onEnd(error);
  }

  /** @returns 0 once there is an end. */
  async #readRaw(into: Uint8Array): Promise<number> {
    try {
      const count = await this.#raw?.read(into) ?? 0;
      this.#receivedBytes += count;
      if (count === 0) this.#onEnd();
      return count;
    } catch (error) {
      // A socket that was destroyed has told why before.
      this.#onEnd(error);
      return 0;
    }
  }

  /**
   * Destroys the socket, as soon as that frees it: the runtime forgets one
   * that is destroyed while it connects or shakes hands, and keeps it open for
   * as long as the process lives (Deno 2.7.11).
   */
  close(): void {
    this.#closed = true;
    if (this.#isOpen) this.#socket.destroy();
    this.#onEnd();
  }

  /** From the first read on, bytes are taken as they come, up to the bound. */
  #flow(): void {
    if (this.#flowing) return;
    this.#flowing = true;
    this.#socket.on("data", (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      this.#held += chunk.length;
      this.#receivedBytes += chunk.length;
      if (this.#held >= HELD_BYTES_MAX && !this.#isHeldBack) {
        this.#isHeldBack = true;
        handleOf(this.#socket)?.readStop();
      }
      this.#wake();
    });
  }

  #take(into: Uint8Array): number {
    let filled = 0;
    while (filled < into.length) {
      const chunk = this.#chunks[0];
      if (!chunk) break;
      const part = chunk.subarray(
        this.#offset,
        this.#offset + into.length - filled,
      );
      into.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset === chunk.length) {
        this.#chunks.shift();
        this.#offset = 0;
      }
    }
    this.#held -= filled;
    return filled;
  }

  #onOpen(): void {
    this.#isOpen = true;
    // An ack must not wait for that of the frame before it, 40 ms. Only a
    // connected TCP socket hears this, and only its first call.
    this.#socket.setNoDelay(true);
    if (this.#closed) this.#socket.destroy();
    this.#wake();
  }

  #onEnd(error?: unknown): void {
    this.#end ??= { error };
    if (this.#takesNoWrites) this.#refuseWrites();
    this.#wake();
  }

  /** A clean end is the reader's to tell, if there is one. */
  get #takesNoWrites(): boolean {
    return this.#closed || this.#writesRefused ||
      (this.#end !== undefined && (!this.#flowing || !!this.#end.error));
  }

  #refuseWrites(): void {
    this.#writesRefused = true;
    this.#writing?.reject(
      this.#end?.error ?? this.#writeError ?? endedError(),
    );
  }

  #change(): Promise<void> {
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

/** The part of a socket that reads; not public, but the same as in Node.js. */
export interface ReadHandle {
  /** Reads what comes. */
  readStart(): number;
  /** Leaves what comes in the kernel. */
  readStop(): number;
}

/**
 * `pause` and `resume` may leave two reads under way at once into one buffer,
 * and the bytes of one are lost, those of the other come twice (Deno 2.7.11,
 * seen under load). Within the event of a read none is under way, so there
 * the handle itself can be told to stop, and later to go on.
 */
export function handleOf(socket: Socket): ReadHandle | undefined {
  const { _handle: handle } = socket as {
    _handle?: Partial<ReadHandle> | null;
  };
  return handle?.readStart && handle.readStop
    ? handle as ReadHandle
    : undefined;
}

function endedError(): Error {
  return new Error("Connection closed by the other side");
}
