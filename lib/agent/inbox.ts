import { BoundedQueue, isRecord } from "../base/mod.ts";
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
  #isRunning = false;
  #isClosed = false;
  #since: number | undefined;
  /** Everything is being sent anew. */
  #isReplaying = false;

  /** @param options Handler, and how answers leave. */
  constructor(options: InboxOptions) {
    this.#options = options;
    this.#since = options.since;
  }

  /** Revision up to which everything has come. */
  get since(): number | undefined {
    return this.#since;
  }

  /** A new connection: an interrupted replay starts again. */
  connected(): void {
    this.#isReplaying = false;
  }

  /** Takes a message; when full, resolves once there is room again. */
  push(message: Message): Promise<void> | undefined {
    if (!this.#waiting.push(message)) {
      return this.#waiting.room()?.then(() => this.push(message));
    }
    this.#note(message);
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

  /**
   * Notes how far the program has got. A replay of everything counts once it
   * is whole: half of it lacks the deletes that only its end lets us infer.
   * Its end is taken as it is, for another store counts anew.
   */
  #note({ header, route, content }: Message): void {
    const { revision } = header;
    if (route.resource === REPLAY_RESOURCE && isRecord(content)) {
      if (content.state === "started") {
        this.#isReplaying = content.full === true;
      }
      if (content.state === "finished") {
        this.#isReplaying = false;
        this.#since = revision ?? this.#since;
      }
    } else if (revision !== undefined && !this.#isReplaying) {
      this.#since = Math.max(this.#since ?? 0, revision);
    }
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
      if (wanted) this.#answer(newResponse(stamp, message, content ?? OK));
    } catch (error) {
      this.#options.onError(error, message);
      const text = error instanceof Error ? error.message : String(error);
      if (wanted) this.#answer(newError(stamp, message, text));
    }
  }

  #answer(answer: Message): void {
    if (!this.#isClosed) this.#options.send(answer);
  }
}
