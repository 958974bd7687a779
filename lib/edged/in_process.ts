import { BoundedQueue } from "../base/mod.ts";
import type { Message } from "../message/mod.ts";
import type { Router } from "../router/mod.ts";
import { errorText } from "../telemetry/mod.ts";
import { AGENT_GROUP } from "./agent_connection.ts";
import type { Log } from "./ports.ts";

/** A pod agent that is part of the program which embeds the node. */
export interface InProcessOptions {
  /** Name of the module, as in `route.source` of its messages. */
  readonly module: string;
  /** Whether it answers inserts, updates and deletes. @default false */
  readonly answers?: boolean;
  /** Revision up to which it has everything. @default what the node noted */
  readonly since?: number;
  /**
   * Takes one message. One call at a time, in order; a promise is waited for.
   * What it throws is logged and counted, and the next message comes.
   */
  readonly onMessage: (message: Message) => void | Promise<void>;
  /** Where failures are logged. */
  readonly log: Log;
  /** Messages that wait for `onMessage`. @default 4096 */
  readonly waitingMax?: number;
}

const WAITING_MAX = 4096;

/**
 * Registers a function as a pod agent.
 *
 * @example
 * ```ts ignore
 * using agent = attachInProcess(router, {
 *   module: "edged",
 *   onMessage: (message) => pods.apply(message),
 *   log,
 * });
 * ```
 *
 * @throws {TypeError} If the name is taken.
 */
export function attachInProcess(
  router: Router,
  options: InProcessOptions,
): InProcessAgent {
  return new InProcessAgent(router, options);
}

/**
 * A pod agent in this process.
 *
 * Invariant: nothing is skipped. When too many messages wait, the agent
 * leaves the router, works them off, and registers again: what it missed
 * then comes by its position.
 */
export class InProcessAgent implements Disposable {
  readonly #router: Router;
  readonly #options: InProcessOptions;
  readonly #waiting: BoundedQueue<Message>;
  #revision: number | undefined;
  #isRunning = false;
  #isDetached = false;
  #failureCount = 0;
  #unregister: (() => void) | undefined;

  /** Registers at once; see `attachInProcess`. */
  constructor(router: Router, options: InProcessOptions) {
    this.#router = router;
    this.#options = options;
    this.#waiting = new BoundedQueue(options.waitingMax ?? WAITING_MAX);
    this.#revision = options.since;
    this.#register();
  }

  /** Messages whose handler threw. */
  get failureCount(): number {
    return this.#failureCount;
  }

  /** Leaves the router; what waits is dropped and comes at the next attachment. */
  detach(): void {
    this.#isDetached = true;
    this.#unregister?.();
    this.#waiting.clear();
  }

  /** As `detach`. */
  [Symbol.dispose](): void {
    this.detach();
  }

  #register(): void {
    const { module, answers = false } = this.#options;
    const since = this.#revision;
    let isFull = false;
    const unregister = this.#router.register({
      name: module,
      group: AGENT_GROUP,
      agent: { answers, ...(since === undefined ? {} : { since }) },
      room: () => this.#waiting.room(),
      receive: ({ message }) => {
        if (isFull || this.#isDetached) return false;
        isFull = !this.#waiting.push(message);
        if (isFull) this.#leave();
        else if (!this.#isRunning) this.#run();
        return !isFull;
      },
    });
    this.#unregister = unregister;
    // What it missed may have been too much already.
    if (isFull) this.#leave();
  }

  #leave(): void {
    this.#unregister?.();
    this.#unregister = undefined;
  }

  /** Works off what waits; synchronous as long as the handler is. */
  #run(): void {
    this.#isRunning = true;
    for (;;) {
      const message = this.#waiting.shift();
      if (!message) break;
      const pending = this.#handle(message);
      if (!pending) continue;
      // `#settle` never rejects, so nothing can be left unhandled.
      void this.#settle(message, pending).then(() => this.#run());
      return;
    }
    this.#isRunning = false;
    if (!this.#unregister && !this.#isDetached) this.#return();
  }

  /** Registers again after it was too slow, unless another took the name. */
  #return(): void {
    const { module, log } = this.#options;
    if (this.#router.has(module)) {
      this.#isDetached = true;
      log.warn("agent was too slow, another took its place", { module });
      return;
    }
    log.warn("agent was too slow, registered again", { module });
    this.#register();
  }

  #handle(message: Message): Promise<void> | undefined {
    let pending: void | Promise<void>;
    try {
      pending = this.#options.onMessage(message);
    } catch (error) {
      this.#failed(message, error);
      return undefined;
    }
    if (pending) return pending;
    this.#handed(message);
    return undefined;
  }

  async #settle(message: Message, pending: Promise<void>): Promise<void> {
    try {
      await pending;
    } catch (error) {
      return this.#failed(message, error);
    }
    this.#handed(message);
  }

  #handed(message: Message): void {
    const { revision } = message.header;
    if (revision === undefined || this.#isDetached) return;
    this.#revision = Math.max(this.#revision ?? 0, revision);
    this.#router.handed(this.#options.module, this.#revision);
  }

  #failed(message: Message, error: unknown): void {
    this.#failureCount++;
    this.#options.log.error("agent handler failed", {
      module: this.#options.module,
      operation: message.route.operation,
      resource: message.route.resource,
      error: errorText(error),
    });
  }
}
