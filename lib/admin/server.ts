import {
  type Clock,
  type Component,
  prepareUnixSocket,
  sleep,
  TaskSet,
} from "../base/mod.ts";
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
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** Says when to look after the socket file. */
  readonly clock: Clock;
}

/** Mode of the socket: the node's user alone may connect. */
const SOCKET_MODE = 0o600;
/** How often it is looked whether the socket file is still there. */
const SOCKET_LOOK_MS = 5000;

/**
 * The operator's socket: health, metrics, status and actions over HTTP. A
 * socket file that was removed under a running node is made anew, since nobody
 * could ask what is wrong any more.
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
  readonly #ending = new AbortController();
  readonly #tasks: TaskSet;
  /** What listens now; ended by its own controller. */
  #listening: {
    readonly ending: AbortController;
    /** Resolves once it has ended, for whatever reason. */
    readonly ended: Promise<void>;
  } | undefined;

  /** Listens to nothing before `start`. */
  constructor(parts: AdminParts, options: AdminOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#tasks = new TaskSet((_, error) =>
      parts.log.error("socket file not looked after", {
        error: errorText(error),
      })
    );
  }

  /**
   * Starts to listen.
   *
   * @throws {UnixSocketError} If the socket is in use or cannot be made.
   */
  async start(): Promise<void> {
    if (this.#listening) return;
    const { socket } = this.#options;
    await this.#listen(socket);
    this.#tasks.spawn("watch", () => this.#watch(socket));
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
    this.#ending.abort();
    if (this.#listening) this.#parts.sources.live?.stop();
    await this.#close();
    await this.#tasks.settled();
  }

  /** As `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #listen(socket: string): Promise<void> {
    await prepareUnixSocket(socket);
    const ending = new AbortController();
    const server = Deno.serve({
      path: socket,
      signal: ending.signal,
      onListen: () => undefined,
      onError: (error) => this.#failed(error),
    }, (request) => answerAdmin(this.#parts.sources, request));
    const ended = this.#serve(server);
    this.#listening = { ending, ended };
    await Deno.chmod(socket, SOCKET_MODE);
  }

  /** One that cannot accept ends by itself, for want of file handles mostly. */
  async #serve(server: Deno.HttpServer): Promise<void> {
    try {
      await server.finished;
    } catch (error) {
      this.#listening = undefined;
      this.#parts.log.error("accept failed, the socket is made anew", {
        error: errorText(error),
      });
    }
  }

  async #close(): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    // Never after `shutdown()`: the two together are an uncaught BadResource
    // in Deno 2.7.
    listening?.ending.abort();
    await listening?.ended;
  }

  /** Looks after the socket file until the server is stopped. */
  async #watch(socket: string): Promise<void> {
    const { log } = this.#parts;
    while (await this.#pause()) {
      try {
        const isListening = this.#listening !== undefined;
        if (isListening && await exists(socket)) continue;
        if (isListening) {
          log.warn("socket file was removed, made anew", { socket });
        }
        await this.#close();
        if (this.#ending.signal.aborted) return;
        await this.#listen(socket);
        if (this.#ending.signal.aborted) return await this.#close();
      } catch (error) {
        log.error("socket file cannot be made anew", {
          socket,
          error: errorText(error),
        });
      }
    }
  }

  /** @returns Whether the server still runs. */
  async #pause(): Promise<boolean> {
    const { signal } = this.#ending;
    try {
      await sleep(this.#parts.clock, SOCKET_LOOK_MS, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return !signal.aborted;
  }

  /** A source failed: the text goes to the log, not to the asker. */
  #failed(error: unknown): Response {
    this.#parts.log.error("page failed", { error: errorText(error) });
    return new Response("The page cannot be made, see the log\n", {
      status: 500,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
