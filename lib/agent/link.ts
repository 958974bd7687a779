import {
  backoffMs,
  type BackoffOptions,
  type Clock,
  type Random,
  sleep,
} from "../base/mod.ts";
import type {
  WebSocketConnection,
  WebSocketMessage,
} from "../websocket/mod.ts";
import { type AgentAddress, type AttachQuery, dial } from "./dial.ts";
import { AgentClosedError } from "./errors.ts";

/** What a link works with and whom it tells. Nothing of it may throw. */
export interface LinkOptions {
  /** Where the node listens. */
  readonly address: AgentAddress;
  /** What to say at the next attachment. */
  readonly query: () => AttachQuery;
  /** Time. */
  readonly clock: Clock;
  /** Jitter of the waits between dials. */
  readonly random: Random;
  /** Bounds of these waits. */
  readonly backoff: BackoffOptions;
  /** The node let us in. */
  readonly onAttached: (socket: WebSocketConnection) => void;
  /** A frame came; nothing is read before the promise settles. */
  readonly onFrame: (frame: WebSocketMessage) => Promise<void> | undefined;
  /** The connection is gone; another will be dialled. */
  readonly onDetached: (error: AgentClosedError) => void;
  /** Nothing will be dialled any more. */
  readonly onRefused: (error: AgentClosedError) => void;
}

/** The node pings after 15 s, so this much silence means that it is gone. */
const SILENCE_MS = 45_000;
const SILENCE_CHECK_MS = 15_000;
/** Close code of an attachment that a newer one replaced. */
const REPLACED = 4409;

/**
 * Keeps one connection to the node: dials, reads, and dials again until it
 * is stopped, refused for good, or replaced.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #stopping = new AbortController();
  #socket: WebSocketConnection | undefined;

  /** Dials nothing before `run`. */
  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** The connection, while there is one. */
  get socket(): WebSocketConnection | undefined {
    return this.#socket;
  }

  /** Dials, serves, and dials again until the end. Never rejects. */
  async run(): Promise<void> {
    const { clock, backoff } = this.#options;
    const { signal } = this.#stopping;
    let attempt = 0;
    while (!signal.aborted) {
      const startedMs = clock.monotonic();
      const error = await this.#attach();
      if (error) {
        this.#stopping.abort();
        return this.#options.onRefused(error);
      }
      // A node that drops us at once must not be dialled in a tight loop.
      if (clock.monotonic() - startedMs >= backoff.capMs) attempt = 0;
      await this.#pause(attempt++);
    }
  }

  /** Ends the connection in good order and dials no more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#socket?.close({ code: 1000 });
  }

  async #pause(attempt: number): Promise<void> {
    const { clock, backoff, random } = this.#options;
    const delayMs = backoffMs(attempt, backoff, random);
    try {
      await sleep(clock, delayMs, this.#stopping.signal);
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    }
  }

  /** One connection, from dial to end. @returns Why there may be no other. */
  async #attach(): Promise<AgentClosedError | undefined> {
    const { address, query, clock } = this.#options;
    let socket: WebSocketConnection;
    try {
      socket = await dial(address, query(), clock);
    } catch (error) {
      // Anything else may pass: the node starts, or its socket is not there yet.
      return error instanceof AgentClosedError ? error : undefined;
    }
    if (this.#stopping.signal.aborted) {
      socket.abort();
      return undefined;
    }
    this.#socket = socket;
    this.#options.onAttached(socket);
    const watch = this.#watch(socket);
    await this.#read(socket);
    watch.stop();
    this.#socket = undefined;
    const { code, reason } = await socket.ended;
    const error = new AgentClosedError(
      `The link to the node ended, ${code}: ${reason || "no reason given"}`,
      { code },
    );
    this.#options.onDetached(error);
    return code === REPLACED ? error : undefined;
  }

  async #read(socket: WebSocketConnection): Promise<void> {
    for (;;) {
      const frames = await socket.receive();
      if (!frames) return;
      for (const frame of frames) {
        const full = this.#options.onFrame(frame);
        if (full) await full;
      }
    }
  }

  /** Gives a connection up once nothing has come for too long. */
  #watch(socket: WebSocketConnection): { stop: () => void } {
    const { clock } = this.#options;
    const check = () => {
      const silentMs = clock.monotonic() - socket.lastReceivedMs;
      if (silentMs >= SILENCE_MS) return socket.abort();
      if (silentMs >= SILENCE_CHECK_MS) socket.ping();
      timer = clock.after(SILENCE_CHECK_MS, check);
    };
    let timer = clock.after(SILENCE_CHECK_MS, check);
    return { stop: () => timer.cancel() };
  }
}
