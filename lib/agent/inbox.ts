import { BoundedQueue } from "../base/mod.ts";
import {
  type Message,
  newError,
  newResponse,
  OK,
  Operation,
  REPLAY_RESOURCE,
  type Stamp,
  VOLUME_OPERATIONS,
} from "../message/mod.ts";
import { Progress } from "./progress.ts";

/**
 * Takes one message of the node, one call at a time, in order. If the agent
 * answers, what it returns is the answer's content (nothing: `OK`), and what
 * it throws is the text of an `error`.
 */
export type MessageHandler = (message: Message) => unknown;

/** What an inbox works with. */
export interface InboxOptions {
  /** Whether the agent answers. */
  readonly answers: boolean;
  /** Takes the messages. */
  readonly onMessage: MessageHandler;
  /** Told what the handler threw; must not throw. */
  readonly onError: (error: unknown, message: Message) => void;
  /** Stamps answers. */
  readonly stamp: Stamp;
  /** Sends an answer; `false` if there is no connection. */
  readonly send: (message: Message) => boolean;
  /** Revision up to which the program has everything. */
  readonly since?: number;
}

/** Messages that wait for the handler; at the bound nothing is read. */
const WAITING_MAX = 4096;

/** Operations that the node wants an answer to. */
const ANSWERED: ReadonlySet<string> = new Set([
  Operation.insert,
  Operation.update,
  Operation.delete,
  ...VOLUME_OPERATIONS,
]);

/**
 * Messages of the node on their way to the handler. They outlive a
 * connection, so a reconnect repeats nothing that waits here.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #waiting = new BoundedQueue<Message>(WAITING_MAX);
  readonly #come: Progress;
  readonly #handled: Progress;
  #isRunning = false;
  #isClosed = false;

  /** @param options Handler, and how answers leave. */
  constructor(options: InboxOptions) {
    this.#options = options;
    this.#come = new Progress(options.since);
    this.#handled = new Progress(options.since);
  }

  /**
   * Revision up to which everything has come, for the next connection of
   * this process: what waits here need not be sent again.
   */
  get since(): number | undefined {
    return this.#come.revision;
  }

  /**
   * Revision up to which the handler is done with everything, for the next
   * process. What it threw at counts with the next message that it did.
   */
  get handled(): number | undefined {
    return this.#handled.revision;
  }

  /** A new connection: an interrupted replay starts again. */
  connected(): void {
    this.#come.connected();
  }

  /** Takes a message; when full, resolves once there is room again. */
  push(message: Message): Promise<void> | undefined {
    if (!this.#waiting.push(message)) {
      return this.#waiting.room()?.then(() => this.push(message));
    }
    this.#come.note(message);
    if (!this.#isRunning) {
      this.#isRunning = true;
      // `#run` never rejects: whatever a handler throws goes to `onError`.
      void this.#run();
    }
    return undefined;
  }

  /** Drops what waits; the handler that runs now ends by itself. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
  }

  async #run(): Promise<void> {
    for (;;) {
      const message = this.#waiting.shift();
      if (!message || this.#isClosed) break;
      await this.#handle(message);
    }
    this.#isRunning = false;
  }

  async #handle(message: Message): Promise<void> {
    const { answers, stamp, onMessage } = this.#options;
    const wanted = answers && ANSWERED.has(message.route.operation);
    try {
      const content = await onMessage(message);
      this.#handled.note(message);
      if (wanted) this.#answer(newResponse(stamp, message, content ?? OK));
    } catch (error) {
      // A marker frames what comes after it, whatever the handler makes of it.
      if (message.route.resource === REPLAY_RESOURCE) {
        this.#handled.note(message);
      }
      this.#options.onError(error, message);
      const text = error instanceof Error ? error.message : String(error);
      if (wanted) this.#answer(newError(stamp, message, text));
    }
  }

  #answer(answer: Message): void {
    if (!this.#isClosed) this.#options.send(answer);
  }
}
