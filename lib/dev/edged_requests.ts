import type { Clock, Timer } from "../base/mod.ts";
import {
  Group,
  type Message,
  Module,
  newMessage,
  Operation,
  readAnswer,
  type Stamp,
} from "../message/mod.ts";

/** How a request of the agent went. */
export type RequestResult =
  | { readonly kind: "ok" }
  | { readonly kind: "object"; readonly object: Record<string, unknown> }
  | { readonly kind: "none" }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "timeout" };

/** A request to send. */
export interface EdgedRequest {
  /** What to do. */
  readonly operation: string;
  /** On what. */
  readonly resource: string;
  /** Any JSON value. @default null */
  readonly content?: unknown;
}

/** What requests need. */
export interface EdgedRequestsOptions {
  /** Measures the deadline. */
  readonly clock: Clock;
  /** Ids and time of messages. */
  readonly stamp: Stamp;
  /** Sends to the node. */
  readonly send: (message: Message) => void;
  /** Milliseconds after which a request has failed. */
  readonly timeoutMs: number;
}

interface Waiting {
  readonly timer: Timer;
  readonly done: (result: RequestResult) => void;
}

/** Pairs requests of the simulated agent with their answers, by id. */
export class EdgedRequests {
  readonly #options: EdgedRequestsOptions;
  readonly #waiting = new Map<string, Waiting>();

  /** Nothing waits yet. */
  constructor(options: EdgedRequestsOptions) {
    this.#options = options;
  }

  /** Requests without an answer yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Sends a request; `done` is called exactly once, unless all are dropped. */
  ask(request: EdgedRequest, done: (result: RequestResult) => void): void {
    const { clock, stamp, send, timeoutMs } = this.#options;
    const message = newMessage(stamp, {
      source: Module.edged,
      group: Group.meta,
      ...request,
    });
    const id = message.header.msg_id;
    const timer = clock.after(timeoutMs, () => {
      this.#waiting.delete(id);
      done({ kind: "timeout" });
    });
    this.#waiting.set(id, { timer, done });
    send(message);
  }

  /**
   * Takes an answer.
   *
   * @returns `false` if nobody waits for it.
   */
  answer(message: Message): boolean {
    const id = message.header.parent_msg_id ?? "";
    const waiting = this.#waiting.get(id);
    if (!waiting) return false;
    this.#waiting.delete(id);
    waiting.timer.cancel();
    waiting.done(readResult(message));
    return true;
  }

  /** Forgets all requests without a result. */
  drop(): void {
    for (const { timer } of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
  }
}

function readResult(message: Message): RequestResult {
  const { content, route } = message;
  if (route.operation === Operation.error) {
    const reason = readAnswer(content);
    return {
      kind: "failed",
      reason: reason.kind === "failed" ? reason.reason : String(content),
    };
  }
  // Answers from the node's store are lists of JSON texts (wire, 5.5).
  if (Array.isArray(content)) {
    const [first] = content;
    if (first === undefined) return { kind: "none" };
    const object = typeof first === "string" ? JSON.parse(first) : first;
    return { kind: "object", object };
  }
  const answer = readAnswer(content);
  switch (answer.kind) {
    case "ok":
    case "object":
      return answer;
    case "failed":
      return answer.reason === "NotFound"
        ? { kind: "none" }
        : { kind: "failed", reason: answer.reason };
    case "other":
      return { kind: "none" };
  }
}
