import {
  checkLoopback,
  listenOnLoopback,
  type LoopbackDoor,
  prepareUnixSocket,
  readTokenFile,
  sleep,
  TaskSet,
} from "../base/mod.ts";
import { errorText } from "../telemetry/mod.ts";
import { type ByteStream, streamOf } from "../websocket/mod.ts";
import type { EdgedParts } from "./ports.ts";

/** Where agents may knock. */
export interface DoorOptions {
  /** Path of the Unix socket, its folder made with mode 0750; empty: none. */
  readonly socket: string;
  /** A door on loopback for agents that cannot reach the socket. */
  readonly listen?: Omit<LoopbackDoor, "key"> & {
    /** File with the bearer token, mode 0600. */
    readonly tokenFile: string;
  };
}

/** Takes a new connection; must not throw. */
export type Visitor = (stream: ByteStream, overTcp: boolean) => void;

/** Mode of the socket: owner and group of its folder may connect. */
const SOCKET_MODE = 0o660;
/** Wait after a failed accept, which may be for want of file descriptors. */
const ACCEPT_RETRY_MS = 200;
/** How often it is looked whether the socket file is still there. */
const SOCKET_LOOK_MS = 5000;
/** Key that names the loopback door. */
const LISTEN_KEY = "edged.listen";

/**
 * The sockets that the local link listens on.
 *
 * Invariant: a socket file that was removed under a running node is made
 * anew, since nobody could attach any more and nothing would say so.
 */
export class Doors {
  readonly #parts: EdgedParts;
  readonly #options: DoorOptions;
  readonly #closing = new AbortController();
  readonly #tasks: TaskSet;
  #listeners: Deno.Listener[] = [];

  /** @throws {RangeError} If `options.listen` is not a loopback address. */
  constructor(parts: EdgedParts, options: DoorOptions) {
    if (options.listen) checkLoopback({ ...options.listen, key: LISTEN_KEY });
    this.#parts = parts;
    this.#options = options;
    this.#tasks = new TaskSet((_, error) =>
      parts.log.error("accept loop ended", { error: errorText(error) })
    );
  }

  /** Port of the loopback door; `undefined` without one. */
  get port(): number | undefined {
    for (const { addr } of this.#listeners) {
      if (addr.transport === "tcp") return addr.port;
    }
    return undefined;
  }

  /**
   * Listens, and tells `visitor` of each connection.
   *
   * @throws {UnixSocketError} If the socket is in use or cannot be made.
   * @throws {TokenFileError} If the token file cannot be used.
   * @throws {LoopbackPortError} If the loopback door cannot be opened.
   */
  async open(visitor: Visitor): Promise<void> {
    const { socket, listen } = this.#options;
    if (listen) await readTokenFile(listen.tokenFile);
    if (socket) await prepareUnixSocket(socket);
    let inode: number | null = null;
    try {
      if (socket) inode = await this.#listenAt(socket);
      if (listen) {
        const door = { ...listen, key: LISTEN_KEY };
        this.#listeners.push(listenOnLoopback(door));
      }
    } catch (error) {
      this.#closeListeners();
      throw error;
    }
    for (const listener of this.#listeners) {
      const accepting = this.#accept(listener, visitor);
      this.#tasks.spawn("accept", () => accepting);
      if (listener.addr.transport !== "unix") continue;
      const made = { inode, accepting };
      this.#tasks.spawn("watch", () => this.#watch(socket, made, visitor));
    }
    this.#parts.log.info("listening", { socket, port: this.port });
  }

  /** Stops to listen and removes the socket file. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#closeListeners();
    await this.#tasks.settled();
  }

  /** @returns Number of the file, by which it is known again. */
  async #listenAt(path: string): Promise<number | null> {
    const listener = Deno.listen({ transport: "unix", path }) as Deno.Listener;
    this.#listeners.push(listener);
    await Deno.chmod(path, SOCKET_MODE);
    return (await Deno.lstat(path)).ino;
  }

  /** Looks after the socket file until the doors are closed. */
  async #watch(
    path: string,
    made: { inode: number | null; accepting: Promise<void> },
    visitor: Visitor,
  ): Promise<void> {
    const { log } = this.#parts;
    let { inode, accepting } = made;
    for (;;) {
      await this.#pause(SOCKET_LOOK_MS);
      if (this.#closing.signal.aborted) return;
      try {
        const found = await inodeOf(path);
        if (found === inode) continue;
        if (found !== undefined) {
          log.error("socket file was replaced, agents cannot attach", {
            socket: path,
          });
          continue;
        }
        log.warn("socket file was removed, made anew", { socket: path });
        this.#closeListener(path);
        // The runtime removes the file of that name when accept has ended.
        await accepting;
        await prepareUnixSocket(path);
        inode = await this.#listenAt(path);
        const listener = this.#listeners.at(-1);
        // Closed while the file was made.
        if (this.#closing.signal.aborted) this.#closeListeners();
        if (!listener || this.#closing.signal.aborted) return;
        const next = this.#accept(listener, visitor);
        accepting = next;
        this.#tasks.spawn("accept", () => next);
      } catch (error) {
        log.error("socket file cannot be made anew", {
          socket: path,
          error: errorText(error),
        });
      }
    }
  }

  async #accept(listener: Deno.Listener, visitor: Visitor): Promise<void> {
    const { signal } = this.#closing;
    const overTcp = listener.addr.transport === "tcp";
    while (!signal.aborted) {
      try {
        visitor(streamOf(await listener.accept()), overTcp);
      } catch (error) {
        if (!this.#listeners.includes(listener)) return;
        this.#parts.log.error("accept failed", { error: errorText(error) });
        await this.#pause(ACCEPT_RETRY_MS);
      }
    }
  }

  /** Waits a little, or until the doors are closed. */
  async #pause(delayMs: number): Promise<void> {
    try {
      await sleep(this.#parts.clock, delayMs, this.#closing.signal);
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    }
  }

  #closeListener(path: string): void {
    const at = this.#listeners.findIndex(({ addr }) =>
      addr.transport === "unix" && addr.path === path
    );
    for (const listener of at < 0 ? [] : this.#listeners.splice(at, 1)) {
      listener.close();
    }
  }

  #closeListeners(): void {
    for (const listener of this.#listeners.splice(0)) listener.close();
  }
}

/** Number of the file of that name; `undefined` if there is none. */
async function inodeOf(path: string): Promise<number | null | undefined> {
  try {
    return (await Deno.lstat(path)).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
