import {
  checkLoopback,
  type Clock,
  type Component,
  listenOnLoopback,
  type LoopbackDoor,
  readTokenFile,
  sleep,
  TaskSet,
} from "../base/mod.ts";
import { errorText, type Logger } from "../telemetry/mod.ts";
import { HandshakeError, streamOf } from "../websocket/mod.ts";
import { exchange } from "./exchange.ts";
import type { AdminSources } from "./pages.ts";
import { PeerStream } from "./peer_stream.ts";
import { answerReadOnly } from "./read_only.ts";

/** Where scrapers and browsers ask. */
export interface ReadOnlyOptions extends Omit<LoopbackDoor, "key"> {
  /** File with the bearer token, mode 0600. */
  readonly tokenFile: string;
  /** Connections at a time; a further one is closed. @default 32 */
  readonly connectionsMax?: number;
}

/** What the listener works with. */
export interface ReadOnlyListenerParts {
  /** What the pages show. */
  readonly sources: AdminSources;
  /** Log lines. */
  readonly log: Pick<Logger, "debug" | "info" | "warn" | "error">;
  /** Measures deadlines. */
  readonly clock: Clock;
}

/** Key of the configuration that names the address. */
const LISTEN_KEY = "admin.listen";
const CONNECTIONS_MAX = 32;
/** How long a peer may take to send its request. */
const REQUEST_MS = 5000;
/** How long a peer may take to take what was written to it. */
const WRITE_MS = 5000;
/** Wait after a failed accept, which may be for want of file descriptors. */
const ACCEPT_RETRY_MS = 200;

/**
 * Health, metrics and status over loopback TCP, for scrapers and browsers of
 * this machine. It reads only: nothing can be had done here, and no contents
 * are shown.
 *
 * Invariants: no other machine can reach it; a peer that is slow, mute or
 * hostile holds one of a bounded number of connections, without the token for
 * seconds at most, and nothing else; no failure of a peer ends it.
 *
 * @example
 * ```sh
 * curl -H "Authorization: Bearer $(cat token)" http://127.0.0.1:9443/metrics
 * ```
 */
export class ReadOnlyListener implements Component {
  /** Always `admin port`. */
  readonly name = "admin port";
  readonly #parts: ReadOnlyListenerParts;
  readonly #options: ReadOnlyOptions;
  readonly #ending = new AbortController();
  readonly #open = new Set<PeerStream>();
  readonly #tasks: TaskSet;
  #listener: Deno.Listener | undefined;

  /**
   * Listens to nothing before `start`.
   *
   * @throws {RangeError} If the address is not of this machine alone.
   */
  constructor(parts: ReadOnlyListenerParts, options: ReadOnlyOptions) {
    checkLoopback({ ...options, key: LISTEN_KEY });
    this.#parts = parts;
    this.#options = options;
    this.#tasks = new TaskSet((_, error) =>
      parts.log.error("admin port failed", { error: errorText(error) })
    );
  }

  /** Port that is listened on; `undefined` before `start` and after `stop`. */
  get port(): number | undefined {
    const addr = this.#listener?.addr;
    return addr?.transport === "tcp" ? addr.port : undefined;
  }

  /**
   * Starts to listen.
   *
   * @throws {TokenFileError} If the token file cannot be used.
   * @throws {LoopbackPortError} If the port is taken or cannot be had.
   */
  async start(): Promise<void> {
    if (this.#listener || this.#ending.signal.aborted) return;
    await readTokenFile(this.#options.tokenFile);
    const listener = listenOnLoopback({ ...this.#options, key: LISTEN_KEY });
    this.#listener = listener;
    this.#tasks.spawn("accept", () => this.#accept(listener));
    const { hostname } = this.#options;
    this.#parts.log.info("listening", { hostname, port: this.port });
  }

  /** Does nothing: while the node drains an operator wants to look. */
  drain(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends every connection at once. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#listener?.close();
    this.#listener = undefined;
    for (const stream of this.#open) stream.close();
    await this.#tasks.settled();
  }

  /** As `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #accept(listener: Deno.Listener): Promise<void> {
    const { log, clock } = this.#parts;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        const inner = streamOf(await listener.accept());
        this.#visit(new PeerStream(inner, { clock, writeMs: WRITE_MS }));
      } catch (error) {
        if (signal.aborted) return;
        log.error("accept failed", { error: errorText(error) });
        await sleep(clock, ACCEPT_RETRY_MS, signal).catch((reason) => {
          if (!signal.aborted) throw reason;
        });
      }
    }
  }

  #visit(stream: PeerStream): void {
    const { connectionsMax = CONNECTIONS_MAX } = this.#options;
    if (this.#open.size < connectionsMax) {
      this.#open.add(stream);
      stream.freed.then(() => this.#open.delete(stream));
      this.#tasks.spawn("serve", () => this.#serve(stream));
      return;
    }
    this.#parts.log.warn("too many connections, closed one", {
      connections: connectionsMax,
    });
    stream.close();
  }

  async #serve(stream: PeerStream): Promise<void> {
    try {
      await exchange(stream, {
        clock: this.#parts.clock,
        requestMs: REQUEST_MS,
        answer: (request) => this.#answer(request),
      });
    } catch (error) {
      // Whatever a peer does is no fault of the node.
      const event = error instanceof HandshakeError
        ? "no request"
        : "request not answered";
      this.#parts.log.debug(event, { error: errorText(error) });
    }
  }

  async #answer(request: Request): Promise<Response> {
    const { sources, log } = this.#parts;
    try {
      return await answerReadOnly({
        sources,
        token: () => readTokenFile(this.#options.tokenFile),
        onTokenFile: ({ message }) =>
          log.error("token file unusable", { error: message }),
      }, request);
    } catch (error) {
      // A source failed: the text goes to the log, not to the asker.
      log.error("page failed", { error: errorText(error) });
      return new Response("The page cannot be made, see the log\n", {
        status: 500,
      });
    }
  }
}
