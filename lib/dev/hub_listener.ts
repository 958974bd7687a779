import { type Clock, TaskSet } from "../base/mod.ts";
import {
  type ByteStream,
  readUpgrade,
  type UpgradeRequest,
} from "../websocket/mod.ts";

/** Certificate and key of the server, PEM. */
export interface HubTls {
  /** Certificate chain. */
  readonly cert: string;
  /** Private key, PKCS#8. */
  readonly key: string;
}

/** What a listener needs. */
export interface HubListenerOptions {
  /** Speaks TLS with this; plain TCP without. */
  readonly tls?: HubTls;
  /** Address to listen on. @default "127.0.0.1" */
  readonly hostname?: string;
  /** Port; 0 takes a free one, which is kept over restarts. @default 0 */
  readonly port?: number;
  /** Measures the handshake's deadline. */
  readonly clock: Clock;
  /** HTTP status to refuse with, whatever the request is. */
  readonly refusal: () => number | undefined;
  /** Takes a connection whose upgrade was accepted; its end closes the stream. */
  readonly onConnection: (
    stream: ByteStream,
    request: UpgradeRequest,
  ) => Promise<void>;
  /** Told what happens before that. */
  readonly onEvent: (
    kind: "accepted" | "refused" | "failed",
    detail: string,
  ) => void;
}

/** Time for TLS and the upgrade, milliseconds. */
const HANDSHAKE_MS = 10_000;

/**
 * Accepts connections, and upgrades those that may: what Go's HTTP server and
 * gorilla/websocket are to CloudHub.
 */
export class HubListener {
  readonly #options: HubListenerOptions;
  readonly #tasks: TaskSet;
  readonly #streams = new Set<ByteStream>();
  #listener: Deno.Listener<Deno.Conn> | undefined;
  #port: number;

  /** Builds a stopped listener. */
  constructor(options: HubListenerOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
    this.#tasks = new TaskSet((name, error) =>
      options.onEvent("failed", `${name}: ${textOf(error)}`)
    );
  }

  /** Port it listens on, also while stopped; 0 before the first start. */
  get port(): number {
    return this.#port;
  }

  /**
   * Listens. Idempotent.
   *
   * @throws If the port is taken.
   */
  // deno-lint-ignore require-await -- a failure must be a rejection
  async start(): Promise<void> {
    if (this.#listener) return;
    const { hostname = "127.0.0.1", tls } = this.#options;
    const at = { hostname, port: this.#port };
    // The ALPN list is that of a Go server: a client must pick http/1.1.
    const listener = tls
      ? Deno.listenTls({ ...at, ...tls, alpnProtocols: ["h2", "http/1.1"] })
      : Deno.listen(at);
    this.#listener = listener;
    this.#port = (listener.addr as Deno.NetAddr).port;
    this.#tasks.spawn("accept", () => this.#accept(listener));
  }

  /** Closes the port and all streams, and waits for their tasks. Idempotent. */
  async stop(): Promise<void> {
    this.#listener?.close();
    this.#listener = undefined;
    for (const stream of this.#streams) stream.close();
    await this.#tasks.settled();
  }

  async #accept(listener: Deno.Listener<Deno.Conn>): Promise<void> {
    while (this.#listener === listener) {
      try {
        const conn = await listener.accept();
        this.#options.onEvent("accepted", "");
        this.#tasks.spawn("connection", () => this.#serve(streamOf(conn)));
      } catch (error) {
        if (this.#listener !== listener) return;
        // One client's failed handshake must not end the listener.
        this.#options.onEvent("failed", textOf(error));
      }
    }
  }

  async #serve(stream: ByteStream): Promise<void> {
    this.#streams.add(stream);
    const timer = this.#options.clock.after(
      HANDSHAKE_MS,
      () => stream.close(),
    );
    try {
      const request = await readUpgrade(stream);
      const refusal = this.#options.refusal() ?? statusOf(request);
      if (refusal) {
        this.#options.onEvent("refused", `${refusal}`);
        return await request.refuse(refusal, "refused by the cloud hub");
      }
      await request.accept();
      timer.cancel();
      await this.#options.onConnection(stream, request);
    } finally {
      timer.cancel();
      this.#streams.delete(stream);
      stream.close();
    }
  }
}

/** Refuses what is no upgrade, and an Origin that is not the Host. */
function statusOf(request: UpgradeRequest): number | undefined {
  if (!request.isUpgrade) return 400;
  const origin = request.headers.get("origin");
  if (origin === null) return undefined;
  const host = URL.canParse(origin) ? new URL(origin).host : "";
  return host === request.headers.get("host") ? undefined : 403;
}

/** `Deno.Conn` whose `close` may be called twice. */
function streamOf(conn: Deno.Conn): ByteStream {
  let open = true;
  return {
    read: (into) => conn.read(into),
    write: (bytes) => conn.write(bytes),
    close: () => {
      if (open) conn.close();
      open = false;
    },
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
