import type { Clock, Timer } from "../base/mod.ts";
import {
  encode,
  isAnswer,
  type Message,
  Operation,
  readAnswer,
} from "../message/mod.ts";
import {
  type AgentClosedError,
  RequestFailedError,
  RequestTimeoutError,
} from "./errors.ts";

/** Bounds of one request. */
export interface RequestOptions {
  /** Milliseconds until it fails, waiting for the link included. @default 60000 */
  readonly timeoutMs?: number;
  /** Ends the wait early with its reason. */
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly message: Message;
  readonly timer: Timer;
  readonly settle: PromiseWithResolvers<unknown>;
  isSent: boolean;
}

/** As long as the stock agent waits (wire document, 5.8). */
const TIMEOUT_MS = 60_000;

/**
 * Requests of an agent that wait for their answer, by message id.
 *
 * Invariant: each ends exactly once. A request that was not sent yet waits
 * for the next connection; one that was sent fails with its connection,
 * since nobody knows what became of it.
 */
export class Requests {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  #send: ((text: string) => boolean) | undefined;

  /** @param clock Measures the deadlines. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sends a request, now or once there is a connection. */
  async ask(message: Message, options: RequestOptions = {}): Promise<unknown> {
    const { timeoutMs = TIMEOUT_MS, signal } = options;
    signal?.throwIfAborted();
    const id = message.header.msg_id;
    const settle = Promise.withResolvers<unknown>();
    const timer = this.#clock.after(
      timeoutMs,
      () => settle.reject(new RequestTimeoutError(what(message), timeoutMs)),
    );
    const onAbort = () => settle.reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const waiting = { message, timer, settle, isSent: false };
    this.#waiting.set(id, waiting);
    this.#trySend(waiting);
    try {
      return await settle.promise;
    } finally {
      this.#waiting.delete(id);
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Ends the request that a message answers; `false` if it answers none. */
  answer(message: Message): boolean {
    const { parent_msg_id: parentId } = message.header;
    if (!parentId || !isAnswer(message.route.operation)) return false;
    const waiting = this.#waiting.get(parentId);
    if (!waiting) return false;
    const read = readAnswer(message.content);
    if (
      message.route.operation === Operation.error || read.kind === "failed"
    ) {
      waiting.settle.reject(
        new RequestFailedError(what(waiting.message), message.content, read),
      );
    } else {
      waiting.settle.resolve(
        read.kind === "object" ? read.object : message.content,
      );
    }
    return true;
  }

  /** A connection is there: sends what waits, in the order of asking. */
  connected(send: (text: string) => boolean): void {
    this.#send = send;
    for (const waiting of this.#waiting.values()) this.#trySend(waiting);
  }

  /** The connection is gone, and with it what was sent. */
  disconnected(error: AgentClosedError): void {
    this.#send = undefined;
    for (const waiting of this.#waiting.values()) {
      if (waiting.isSent) waiting.settle.reject(error);
    }
  }

  /** Nothing will be answered any more. */
  closed(error: AgentClosedError): void {
    this.#send = undefined;
    for (const waiting of this.#waiting.values()) waiting.settle.reject(error);
  }

  #trySend(waiting: Waiting): void {
    if (waiting.isSent || !this.#send) return;
    waiting.isSent = this.#send(encode(waiting.message));
  }
}

function what(message: Message): string {
  return `${message.route.operation} ${message.route.resource}`;
}
