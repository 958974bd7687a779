import type { Socket } from "node:net";
import type { ByteStream } from "../websocket/mod.ts";

/** Bytes held from the socket before it is paused. */
const HELD_BYTES_MAX = 256 * 1024;

/**
 * A `node:net` or `node:tls` socket as a byte stream that is read on demand:
 * what nobody reads stays in the kernel, and the peer slows down.
 */
export class SocketStream implements ByteStream {
  readonly #socket: Socket;
  readonly #chunks: Uint8Array[] = [];
  #held = 0;
  #offset = 0;
  #ended = false;
  #error: Error | undefined;
  #waiting: PromiseWithResolvers<void> | undefined;

  /** @param socket Connected; read and written by this stream only. */
  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      this.#held += chunk.length;
      if (this.#held >= HELD_BYTES_MAX) socket.pause();
      this.#wake();
    });
    socket.on("error", (error: Error) => this.#end(error));
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#end());
  }

  /** Reads what is there; `null` at the end. @throws The socket's error. */
  async read(into: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) {
      if (this.#error) throw this.#error;
      if (this.#ended) return null;
      this.#waiting ??= Promise.withResolvers();
      await this.#waiting.promise;
    }
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
    if (this.#held < HELD_BYTES_MAX && this.#socket.isPaused()) {
      this.#socket.resume();
    }
    return filled;
  }

  /** Writes all; resolves once the kernel has it. @throws The socket's error. */
  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        return reject(this.#error ?? new Error("Socket has ended"));
      }
      this.#socket.write(
        bytes,
        (error) => error ? reject(error) : resolve(bytes.length),
      );
    });
  }

  /** Destroys the socket. */
  close(): void {
    this.#end();
    this.#socket.destroy();
  }

  #end(error?: Error): void {
    this.#error ??= error;
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
