import {
  isAnswer,
  type Message,
  type MessageFault,
  Module,
  newError,
} from "../message/mod.ts";
import { type Envelope, NoReceiverError } from "../router/mod.ts";
import type {
  WebSocketConnection,
  WebSocketMessage,
} from "../websocket/mod.ts";
import { answerFault, decodeFrame } from "./fault_answer.ts";
import type { EdgedParts } from "./ports.ts";
import type { EdgedStats } from "./stats.ts";

/** Log lines about faults of one agent are at least this far apart. */
const FAULT_LOG_MS = 10_000;
/** Wait before another try at a full queue that does not tell when it has room. */
const FULL_RETRY_MS = 20;

/** What the reader belongs to. */
export interface AgentReaderOptions {
  /** Name of the module that attached. */
  readonly module: string;
  /** Where it reads. */
  readonly socket: WebSocketConnection;
  /** Counters of the link. */
  readonly stats: EdgedStats;
  /** Sends what the link itself has to say to the agent. */
  readonly reply: (message: Message) => void;
}

/** What a message measures. */
type Sizes = Pick<Envelope, "heapBytes" | "bytes">;

/**
 * Reads what one agent sends and passes it to the processor, in order.
 *
 * Invariants: while the processor has no room nothing is read, so nothing is
 * dropped; after `stop` nothing is passed on.
 */
export class AgentReader {
  readonly #parts: EdgedParts;
  readonly #options: AgentReaderOptions;
  #isStopped = false;
  /** Ends the wait for room, while there is one. */
  #endWait: (() => void) | undefined;
  #readingSinceMs: number | undefined;
  #faultLoggedAtMs = -Infinity;
  #faultsUnlogged = 0;

  /** Reads nothing before `run`. */
  constructor(parts: EdgedParts, options: AgentReaderOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /**
   * Monotonic time since when nothing has come; `undefined` while we do not
   * read, for then silence is our own doing.
   */
  get quietSinceMs(): number | undefined {
    if (this.#readingSinceMs === undefined) return undefined;
    return Math.max(this.#options.socket.lastReceivedMs, this.#readingSinceMs);
  }

  /** Whether nothing is read until the processor has room. */
  get isPaused(): boolean {
    return this.#endWait !== undefined;
  }

  /** Passes nothing on any more. */
  stop(): void {
    this.#isStopped = true;
    this.#endWait?.();
  }

  /** Reads until the connection has ended or `stop` was called. */
  async run(): Promise<void> {
    while (!this.#isStopped && await this.#receive());
  }

  /**
   * Takes what one read completed. A function of its own, which ends: one that
   * waits for the next read would hold the frames of the last one.
   *
   * @returns Whether there may be more.
   */
  async #receive(): Promise<boolean> {
    this.#readingSinceMs = this.#parts.clock.monotonic();
    const frames = await this.#options.socket.receive();
    this.#readingSinceMs = undefined;
    for (const frame of frames ?? []) {
      if (this.#isStopped) return false;
      // Awaited only when the processor has no room: a turn of the loop per
      // message would cost more than the message.
      const full = this.#take(frame);
      if (full) await full;
    }
    return frames !== null;
  }

  #take(frame: WebSocketMessage): Promise<void> | undefined {
    const decoded = decodeFrame(frame);
    if (!decoded.ok) {
      this.#refuse(decoded.fault);
      return undefined;
    }
    this.#options.stats.received++;
    const { message, heapBytes } = decoded;
    const answers = isAnswer(message.route.operation);
    if (answers && this.#parts.router.respond(message)) return undefined;
    const sizes = { heapBytes, bytes: frame.length };
    // It may take more than it has room for, but a link can wait.
    const hasRoom = !this.#parts.router.room(Module.metamanager);
    return hasRoom && this.#pass(message, sizes)
      ? undefined
      : this.#passLater(message, sizes);
  }

  /** Passes a message on; `false` if the processor is full. */
  #pass(message: Message, sizes: Sizes): boolean {
    try {
      return this.#parts.router.send(Module.metamanager, {
        message,
        from: this.#options.module,
        ...sizes,
      });
    } catch (error) {
      if (!(error instanceof NoReceiverError)) throw error;
      const text = "Cannot take the message: the node is not ready, try again";
      this.#options.reply(newError(this.#parts.stamp, message, text));
      return true;
    }
  }

  async #passLater(message: Message, sizes: Sizes): Promise<void> {
    do {
      await this.#room();
    } while (!this.#isStopped && !this.#pass(message, sizes));
  }

  async #room(): Promise<void> {
    // One per wait: a promise that lives as long as the agent would keep
    // what each wait hangs on it.
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#endWait = resolve;
    const room = this.#parts.router.room(Module.metamanager);
    const timer = room
      ? void room.then(resolve, reject)
      : this.#parts.clock.after(FULL_RETRY_MS, resolve);
    try {
      await promise;
    } finally {
      timer?.cancel();
      this.#endWait = undefined;
    }
  }

  #refuse(fault: MessageFault): void {
    this.#options.stats.faults++;
    this.#faultsUnlogged++;
    const nowMs = this.#parts.clock.monotonic();
    if (nowMs - this.#faultLoggedAtMs >= FAULT_LOG_MS) {
      this.#parts.log.warn("bad message of agent", {
        module: this.#options.module,
        kind: fault.kind,
        text: fault.text,
        count: this.#faultsUnlogged,
      });
      this.#faultLoggedAtMs = nowMs;
      this.#faultsUnlogged = 0;
    }
    this.#options.reply(answerFault(this.#parts.stamp, fault));
  }
}
