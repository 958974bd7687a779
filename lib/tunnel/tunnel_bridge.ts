import net from "node:net";
import type { Clock } from "../base/mod.ts";
import type { TunnelTarget } from "./proxy.ts";
import {
  closeOnce,
  connectProxy,
  type ProxyConnOptions,
} from "./proxy_conn.ts";
import { openTunnel } from "./tunnel.ts";
import { TunnelError } from "./tunnel_error.ts";

/** Through what a bridge leads. */
export interface TunnelBridgeOptions extends ProxyConnOptions {
  /** `http://` or `https://` address, with user and password if it wants them. */
  readonly proxy: URL;
}

/** Bytes of one read; what nobody reads stays in the kernel. */
const READ_BYTES_MAX = 64 * 1024;
/** How long what was said last may take to leave, in milliseconds. */
const LINGER_MS = 1000;

/**
 * A tunnel through a proxy whose near end is a TCP socket on loopback.
 *
 * TLS with the cloud has to run over an ordinary socket: over anything else,
 * such as TLS with a proxy, the runtime does not show the cloud's certificate
 * (Deno 2.7.11). So the tunnel is joined with a socket by a listener on
 * 127.0.0.1 that takes this one socket and nobody else's.
 *
 * Invariants: of either side no more is held than one read, so who is slow
 * slows the other one down; if one side ends so does the other; nothing is
 * open once `ended` has settled.
 */
export class TunnelBridge {
  readonly #proxy: URL;
  readonly #far: Deno.TcpConn | Deno.TlsConn;
  readonly #listener: Deno.TcpListener;
  readonly #ownPort = Promise.withResolvers<number | undefined>();
  readonly #ended: Promise<void>;
  #near: Deno.TcpConn | undefined;
  #isClosed = false;
  #failure: TunnelError | undefined;

  private constructor(proxy: URL, far: Deno.TcpConn | Deno.TlsConn) {
    this.#proxy = proxy;
    this.#far = far;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#ended = this.#run();
  }

  /**
   * Opens a tunnel to the target.
   *
   * @param options Its signal counts until the tunnel is open.
   * @throws {TunnelError} If the proxy cannot be used, or refuses.
   * @throws The signal's reason.
   */
  static async open(
    target: TunnelTarget,
    options: TunnelBridgeOptions,
  ): Promise<TunnelBridge> {
    const { proxy, signal } = options;
    const conn = await connectProxy(proxy, options);
    const onAbort = () => conn.close();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await openTunnel(conn, target, proxy);
      signal.throwIfAborted();
      return new TunnelBridge(proxy, conn);
    } catch (error) {
      closeOnce(conn);
      signal.throwIfAborted();
      if (error instanceof TunnelError) throw error;
      throw lost(proxy, error);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Why the tunnel ended, if not in order and not by us. */
  get failure(): TunnelError | undefined {
    return this.#failure;
  }

  /** Settles once nothing of it is open. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** The near end, connecting; to be called once. */
  connect(): net.Socket {
    const { port } = this.#listener.addr;
    const socket = net.connect({ host: "127.0.0.1", port });
    socket.once("connect", () => this.#ownPort.resolve(socket.localPort));
    return socket;
  }

  /** Ends both sides at once. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ownPort.resolve(undefined);
    closeOnce(this.#listener);
    this.#near?.close();
    closeOnce(this.#far);
  }

  /**
   * Frees it once its socket has ended: what the socket said last still leaves,
   * for at most a second.
   */
  async release(clock: Clock): Promise<void> {
    const timer = clock.after(LINGER_MS, () => this.close());
    await this.#ended;
    timer.cancel();
  }

  async #run(): Promise<void> {
    try {
      const near = await this.#accept();
      if (!near) return;
      const down = this.#down(near);
      await this.#pump(near, this.#far);
      this.close();
      await down;
    } finally {
      this.close();
    }
  }

  /** Takes our own socket; whoever else connects is sent away. */
  async #accept(): Promise<Deno.TcpConn | undefined> {
    const ownPort = await this.#ownPort.promise;
    while (!this.#isClosed) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#listener.accept();
      } catch (error) {
        this.#fail(error);
        return undefined;
      }
      if (!this.#isClosed && conn.remoteAddr.port === ownPort) {
        this.#listener.close();
        conn.setNoDelay(true);
        return this.#near = conn;
      }
      conn.close();
    }
    return undefined;
  }

  /** Until the far side ends, which the near one is told behind its last byte. */
  async #down(near: Deno.TcpConn): Promise<void> {
    const isWhole = await this.#pump(this.#far, near);
    if (!isWhole) return this.close();
    try {
      await near.closeWrite();
    } catch {
      // The near side was faster: there is nobody left to be told.
      this.close();
    }
  }

  /** @returns Whether the source has ended in order, and all it said went on. */
  async #pump(
    from: Deno.TcpConn | Deno.TlsConn,
    to: Deno.TcpConn | Deno.TlsConn,
  ): Promise<boolean> {
    const buffer = new Uint8Array(READ_BYTES_MAX);
    let isFar = from === this.#far;
    try {
      for (;;) {
        isFar = from === this.#far;
        const length = await from.read(buffer);
        if (length === null) return true;
        isFar = to === this.#far;
        for (let at = 0; at < length;) {
          at += await to.write(buffer.subarray(at, length));
        }
      }
    } catch (error) {
      // That the near side breaks off is its owner's doing.
      if (isFar) this.#fail(error);
      return false;
    }
  }

  #fail(error: unknown): void {
    if (!this.#isClosed) this.#failure ??= lost(this.#proxy, error);
  }
}

function lost(proxy: URL, cause: unknown): TunnelError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new TunnelError("proxy", `Lost proxy ${proxy.host}: ${text}`, {
    hint: "See the proxy's own log, and the way to it",
    retryable: true,
    cause,
  });
}
