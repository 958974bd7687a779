import type net from "node:net";
import tls from "node:tls";

/** Told what becomes of a line. */
export interface TlsLineEvents {
  /** TCP is up. */
  connected(): void;
  /** The handshake is over; it may have failed, see `checkPeer`. */
  secured(socket: tls.TLSSocket): void;
  /** Bytes came. */
  data(chunk: Uint8Array): void;
  /** The server sends no more. */
  end(): void;
  /** It is over; the first call counts. */
  closed(error?: Error): void;
}

/**
 * A TLS connection that can be given up at any time.
 *
 * The runtime forgets a socket that is destroyed while it connects or shakes
 * hands, and keeps it open for as long as the process lives (Deno 2.7.11). So
 * one that is given up there is left to come that far, and destroyed then;
 * only a server that never ends a handshake costs one for as long as it does
 * not hang up.
 */
export class TlsLine {
  readonly #tcp: net.Socket;
  #socket: tls.TLSSocket | undefined;
  #isSecured = false;
  #isGivenUp = false;

  /** @param tcp Leads to the server; still connecting. */
  constructor(tcp: net.Socket) {
    this.#tcp = tcp;
  }

  /**
   * Shakes hands as soon as TCP is up, in the very event that tells it: a
   * moment later the runtime has begun to read, and TLS would never start.
   */
  open(options: tls.ConnectionOptions, events: TlsLineEvents): void {
    // `on`: an error that nobody hears would end the process.
    this.#tcp.on("error", (error: Error) => events.closed(error));
    this.#tcp.once("close", () => {
      if (!this.#socket) events.closed();
    });
    this.#tcp.once("connect", () => {
      events.connected();
      if (this.#isGivenUp) {
        this.#tcp.destroy();
        return;
      }
      const socket = tls.connect({ ...options, socket: this.#tcp });
      this.#socket = socket;
      socket.once("secureConnect", () => {
        this.#isSecured = true;
        if (this.#isGivenUp) socket.destroy();
        else events.secured(socket);
      });
      socket.on("data", (chunk: Uint8Array) => events.data(chunk));
      socket.once("end", () => events.end());
      socket.on("error", (error: Error) => events.closed(error));
      socket.once("close", () => events.closed());
    });
  }

  /** Ends it as soon as that frees it. Idempotent. */
  close(): void {
    this.#isGivenUp = true;
    if (this.#isSecured) this.#socket?.destroy();
  }
}
