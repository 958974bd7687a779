import {
  AgentClient,
  AgentClosedError,
  RequestFailedError,
} from "../agent/mod.ts";
import { type Clock, systemIds, systemRandom } from "../base/mod.ts";
import { SimulatedEdged } from "../dev/mod.ts";
import {
  Group,
  isAnswer,
  type Message,
  Module,
  newError,
  newMessage,
  newResponse,
  OK,
  Operation,
  type Stamp,
} from "../message/mod.ts";
import type { Passed } from "./wire.ts";

/** What an agent is made of. */
export interface PodAgentOptions {
  /** Path of the node's Unix socket. */
  readonly socket: string;
  /** Name of the node. */
  readonly node: string;
  /** Time. */
  readonly clock: Clock;
  /** Told of every message, in both directions. */
  readonly onMessage: (passed: Passed) => void;
}

/** How the node answered a request. */
export type Answer =
  | { readonly ok: true; readonly content: unknown }
  | { readonly ok: false; readonly reason: string; readonly text: string };

/** What the node wants an answer to. */
const WRITES: ReadonlySet<string> = new Set([
  Operation.insert,
  Operation.update,
  Operation.delete,
]);

/** Milliseconds in which a pod starts or ends. */
const POD_MS = 100;
/** Milliseconds before the simulated agent tries again what failed. */
const RETRY_MS = 500;
/** Longer than the demonstration: one lease is enough to see. */
const LEASE_MS = 600_000;
/** Milliseconds for the answer to a request. */
const REQUEST_MS = 10_000;

/**
 * A pod agent: the simulated edged at the end of a real Unix socket. Its link
 * may come and go; what it runs stays.
 */
export class PodAgent {
  /** The agent behind the link. */
  readonly edged: SimulatedEdged;
  readonly #options: PodAgentOptions;
  readonly #stamp: Stamp;
  #client: AgentClient | undefined;
  #since: number | undefined;
  #deliver: (message: Message) => void = () => undefined;

  /** Not attached yet. */
  constructor(options: PodAgentOptions) {
    const { clock, node } = options;
    this.#options = options;
    this.#stamp = { newId: systemIds, now: () => clock.now() };
    this.edged = new SimulatedEdged({
      node,
      clock,
      ids: systemIds,
      random: systemRandom,
      answers: false,
      startMs: POD_MS,
      stopMs: POD_MS,
      retryMs: RETRY_MS,
      leaseMs: LEASE_MS,
      transport: {
        send: (message) => void this.#forward(message),
        onMessage: (handler) => this.#deliver = handler,
      },
    });
  }

  /** Revision up to which it has everything. */
  get revision(): number | undefined {
    return this.#client?.revision ?? this.#since;
  }

  /**
   * Attaches, at the position where it was.
   *
   * @throws {AgentClosedError} If the node does not let it in.
   */
  async attach(): Promise<void> {
    const since = this.#since;
    this.#client = new AgentClient({
      address: { socket: this.#options.socket },
      module: Module.edged,
      answers: true,
      clock: this.#options.clock,
      backoff: { baseMs: 50, capMs: 500 },
      onMessage: (message) => this.#take(message),
      ...(since === undefined ? {} : { since }),
    });
    await this.#client.connect();
  }

  /** Leaves the node. */
  async detach(): Promise<void> {
    const client = this.#client;
    this.#since = client?.revision ?? this.#since;
    this.#client = undefined;
    await client?.close();
  }

  /** Leaves the node and ends all pods. */
  async stop(): Promise<void> {
    this.edged.stop();
    await this.detach();
  }

  /**
   * Sends a request; an answer that says no is an answer.
   *
   * @throws {AgentClosedError} If it is not attached, or not any more.
   * @throws {RequestTimeoutError} If no answer comes.
   */
  async ask(
    operation: string,
    resource: string,
    content?: unknown,
  ): Promise<Answer> {
    const message = newMessage(this.#stamp, {
      source: Module.edged,
      group: Group.meta,
      operation,
      resource,
      content,
    });
    return await this.#ask(message);
  }

  async #ask(message: Message): Promise<Answer & { content: unknown }> {
    const client = this.#client;
    if (!client) throw new AgentClosedError("The agent is not attached");
    const { operation, resource } = message.route;
    const { content } = message;
    this.#note("edged", message);
    try {
      const answer = await client.request(operation, resource, {
        content,
        timeoutMs: REQUEST_MS,
      });
      this.#note("node", newResponse(this.#stamp, message, answer));
      return { ok: true, content: answer };
    } catch (error) {
      if (!(error instanceof RequestFailedError)) throw error;
      const { reason, message: text } = error;
      this.#note("node", newError(this.#stamp, message, error.content));
      return { ok: false, reason, text, content: error.content };
    }
  }

  /** What the simulated agent sends by itself; it pairs the answers itself. */
  async #forward(message: Message): Promise<void> {
    if (isAnswer(message.route.operation)) return;
    try {
      const { content } = await this.#ask(message);
      this.#deliver(newResponse(this.#stamp, message, content));
    } catch (error) {
      // Whether it was done is not known: the simulated agent asks again.
      const text = error instanceof Error ? error.message : String(error);
      this.#deliver(newError(this.#stamp, message, text));
    }
  }

  /** @returns Content of the answer, if the node wants one. */
  #take(message: Message): string {
    this.#note("node", message);
    this.#deliver(message);
    const { operation, resource } = message.route;
    const answer = operation === Operation.insert ? `${resource} accepted` : OK;
    if (WRITES.has(operation)) {
      this.#note("edged", newResponse(this.#stamp, message, answer));
    }
    return answer;
  }

  #note(from: "edged" | "node", message: Message): void {
    const to = from === "edged" ? "node" : "edged";
    this.#options.onMessage({ from, to, message });
  }
}
