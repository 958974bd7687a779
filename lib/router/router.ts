import { type Clock, LIMITS } from "../base/mod.ts";
import type { Message } from "../message/mod.ts";
import { type PendingEnd, PendingTable } from "./pending.ts";

/** A message on its way between modules. */
export interface Envelope {
  /** What is sent; shared between receivers, never changed. */
  readonly message: Message;
  /** Name of the module that sends it: known to the node, not to the peer. */
  readonly from: string;
  /** Memory that it takes, estimated in bytes; missing: it came over no wire. */
  readonly heapBytes?: number;
  /**
   * Monotonic time in milliseconds after which nobody waits for its answer, so
   * that a queue may drop it; missing: it is never dropped for that.
   */
  readonly untilMs?: number;
  /** Length of its text as it came, for who looks at what flows. @default not known */
  readonly bytes?: number;
}

/** What an agent said when it attached. */
export interface AgentTraits {
  /** It answers inserts, updates and deletes by their message id. */
  readonly answers: boolean;
  /** Revision up to which it has everything; missing: what the node noted. */
  readonly since?: number;
}

/** A receiver of messages. */
export interface ModuleSpec {
  /** Unique name, as in `route.source` of its messages. */
  readonly name: string;
  /** Group under which `sendToGroup` finds it. */
  readonly group: string;
  /**
   * Takes one message at once, in the order of calls; must not throw.
   *
   * @returns `false` if its queue is full: the message was not taken.
   */
  receive(envelope: Envelope): boolean;
  /** Settles once `receive` will take again; `undefined` if it does now. */
  room?(): Promise<void> | undefined;
  /** Set for pod agents: they are handed what is stored. */
  readonly agent?: AgentTraits;
}

/** Told of modules that come and go and of what agents were handed. */
export interface RouterObserver {
  /** A module can be sent to from now on. */
  registered?(module: ModuleSpec): void;
  /** A module is gone. */
  unregistered?(module: ModuleSpec): void;
  /** An agent was handed everything up to this store revision. */
  handed?(module: string, revision: number): void;
}

/** A message was sent to a module or group that is not there. */
export class NoReceiverError extends Error {
  /** Always `NoReceiverError`. */
  override readonly name = "NoReceiverError";
  /** The module or group that was meant. */
  readonly receiver: string;

  /**
   * Names the receiver.
   *
   * @param kind Whether a module or a group was meant.
   */
  constructor(kind: "module" | "group", receiver: string) {
    super(`Cannot send: no ${kind} named "${receiver}" is registered`);
    this.receiver = receiver;
  }
}

/** A module's queue was full. */
export class QueueFullError extends Error {
  /** Always `QueueFullError`. */
  override readonly name = "QueueFullError";

  /**
   * Names the receiver.
   *
   * @param receiver The module whose queue was full.
   */
  constructor(receiver: string) {
    super(`Cannot send: the queue of module "${receiver}" is full, try again`);
  }
}

/** No answer came before the deadline. */
export class ReplyTimeoutError extends Error {
  /** Always `ReplyTimeoutError`. */
  override readonly name = "ReplyTimeoutError";

  /**
   * Names what was asked.
   *
   * @param receiver The module that did not answer.
   */
  constructor(receiver: string, message: Message, timeoutMs: number) {
    super(
      `No answer from module "${receiver}" within ${timeoutMs} ms to ` +
        `${message.route.operation} ${message.route.resource} ` +
        `(${message.header.msg_id})`,
    );
  }
}

/** The node stopped while an answer was waited for. */
export class RouterClosedError extends Error {
  /** Always `RouterClosedError`. */
  override readonly name = "RouterClosedError";

  /** Names the module. @param receiver The module that was asked. */
  constructor(receiver: string) {
    super(`No answer from module "${receiver}": the node stops`);
  }
}

/** How long and until when to wait for an answer. */
export interface SendSyncOptions {
  /** Deadline in milliseconds from now. */
  readonly timeoutMs: number;
  /** Ends the wait early with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Where modules meet: they know each other by name and group only.
 *
 * Invariants: a message is handed over synchronously and in the order of
 * sends; the router holds no message, so nothing waits or is lost in it; a
 * name has at most one module.
 */
export class Router {
  readonly #modules = new Map<string, ModuleSpec>();
  readonly #observers = new Set<RouterObserver>();
  readonly #replies: PendingTable<PromiseWithResolvers<Message>>;

  /**
   * Makes a router without modules.
   *
   * @param clock Measures the deadlines of `sendSync`.
   */
  constructor(clock: Clock) {
    this.#replies = new PendingTable(clock, LIMITS.pendingRequestsMax);
  }

  /**
   * Adds a module.
   *
   * @returns A function that removes it; further calls do nothing.
   * @throws {TypeError} If the name is taken.
   */
  register(module: ModuleSpec): () => void {
    if (this.#modules.has(module.name)) {
      throw new TypeError(
        `Cannot register module: the name is taken: ${module.name}`,
      );
    }
    this.#modules.set(module.name, module);
    for (const observer of this.#observers) observer.registered?.(module);
    return () => {
      if (this.#modules.get(module.name) !== module) return;
      this.#modules.delete(module.name);
      for (const observer of this.#observers) observer.unregistered?.(module);
    };
  }

  /** Observes modules; returns a function that ends it. */
  observe(observer: RouterObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Tells whether a module of this name is there. */
  has(name: string): boolean {
    return this.#modules.has(name);
  }

  /** The modules that are there, in order of registration. */
  modules(): ModuleSpec[] {
    return [...this.#modules.values()];
  }

  /**
   * Sends to one module.
   *
   * @returns `false` if its queue is full.
   * @throws {NoReceiverError} If nobody has this name.
   */
  send(to: string, envelope: Envelope): boolean {
    const module = this.#modules.get(to);
    if (!module) throw new NoReceiverError("module", to);
    return module.receive(envelope);
  }

  /**
   * Sends to every module that is in a group now.
   *
   * @returns Names of the modules whose queue was full.
   * @throws {NoReceiverError} If the group is empty.
   */
  sendToGroup(group: string, envelope: Envelope): string[] {
    // A receiver may leave, and come back, while it is handed the message.
    const members = this.modules().filter((module) => module.group === group);
    if (members.length === 0) throw new NoReceiverError("group", group);
    return members.filter((module) =>
      this.#modules.get(module.name) === module && !module.receive(envelope)
    ).map(({ name }) => name);
  }

  /** Settles once a module takes messages again; `undefined` if it does now. */
  room(name: string): Promise<void> | undefined {
    return this.#modules.get(name)?.room?.();
  }

  /**
   * Sends to one module and waits for the message that names this one as its
   * parent, passed to {@link respond}.
   *
   * @throws {NoReceiverError} If nobody has this name.
   * @throws {QueueFullError} If its queue is full, or too many requests wait,
   *   or one with the same id.
   * @throws {ReplyTimeoutError} If the deadline passed.
   * @throws {RouterClosedError} If the node stopped meanwhile.
   * @throws The signal's reason, when it is aborted.
   */
  async sendSync(
    to: string,
    envelope: Envelope,
    options: SendSyncOptions,
  ): Promise<Message> {
    const { timeoutMs, signal } = options;
    signal?.throwIfAborted();
    const id = envelope.message.header.msg_id;
    const reply = Promise.withResolvers<Message>();
    const onEnd = (end: PendingEnd) =>
      reply.reject(
        signal?.aborted
          ? signal.reason
          : end === "expired"
          ? new ReplyTimeoutError(to, envelope.message, timeoutMs)
          : new RouterClosedError(to),
      );
    if (!this.#replies.add(id, reply, { timeoutMs, onEnd })) {
      throw new QueueFullError(to);
    }
    const onAbort = () => this.#replies.cancel(id);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      if (!this.send(to, envelope)) throw new QueueFullError(to);
      return await reply.promise;
    } finally {
      this.#replies.take(id);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Hands an answer to the `sendSync` that waits for it.
   *
   * @returns `false` if nobody waits for its parent id.
   */
  respond(answer: Message): boolean {
    const parentId = answer.header.parent_msg_id;
    const waiting = parentId ? this.#replies.take(parentId) : undefined;
    waiting?.resolve(answer);
    return waiting !== undefined;
  }

  /** Ends every `sendSync` that waits: the node stops. */
  close(): void {
    this.#replies.cancelAll();
  }

  /** Notes that an agent was handed everything up to a store revision. */
  handed(module: string, revision: number): void {
    for (const observer of this.#observers) {
      observer.handed?.(module, revision);
    }
  }
}
