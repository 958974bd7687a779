import { type Component, prepareUnixSocket } from "../base/mod.ts";
import { errorText, type Logger } from "../telemetry/mod.ts";
import { type AdminSources, answerAdmin } from "./pages.ts";

/** Where the operator asks. */
export interface AdminOptions {
  /** Path of the Unix socket; its folder is made with mode 0750. */
  readonly socket: string;
}

/** What the server works with. */
export interface AdminParts {
  /** What the pages show. */
  readonly sources: AdminSources;
  /** Log lines. */
  readonly log: Pick<Logger, "info" | "error">;
}

/** Mode of the socket: the node's user alone may connect. */
const SOCKET_MODE = 0o600;

/**
 * The operator's socket: health, metrics, status and actions over HTTP.
 *
 * @example
 * ```sh
 * curl --unix-socket /run/metamanager/admin.sock http://localhost/readyz?verbose
 * ```
 */
export class AdminServer implements Component {
  /** Always `admin`. */
  readonly name = "admin";
  readonly #parts: AdminParts;
  readonly #options: AdminOptions;
  #server: Deno.HttpServer | undefined;
  readonly #ending = new AbortController();

  /** Listens to nothing before `start`. */
  constructor(parts: AdminParts, options: AdminOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /**
   * Starts to listen.
   *
   * @throws {UnixSocketError} If the socket is in use or cannot be made.
   */
  async start(): Promise<void> {
    if (this.#server) return;
    const { socket } = this.#options;
    await prepareUnixSocket(socket);
    this.#server = Deno.serve({
      path: socket,
      signal: this.#ending.signal,
      onListen: () => undefined,
      onError: (error) => this.#failed(error),
    }, (request) => answerAdmin(this.#parts.sources, request));
    await Deno.chmod(socket, SOCKET_MODE);
    this.#parts.log.info("listening", { socket });
  }

  /**
   * Does nothing: each request is answered at once, and while the rest of the
   * node drains an operator wants to see how far it is.
   */
  drain(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends at once. */
  async stop(): Promise<void> {
    // Never after `shutdown()`: the two together are an uncaught BadResource
    // in Deno 2.7.
    this.#ending.abort();
    await this.#server?.finished;
  }

  /** As `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** A source failed: the text goes to the log, not to the asker. */
  #failed(error: unknown): Response {
    this.#parts.log.error("page failed", { error: errorText(error) });
    return new Response("The page cannot be made, see the log\n", {
      status: 500,
    });
  }
}
