import { BoundedQueue, isRecord } from "../base/mod.ts";
import { type Message, REPLAY_RESOURCE } from "../message/mod.ts";
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
   * Takes one message, which is its own to change. One call at a time, in
   * order; a promise is waited for.
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
  /** What the handler has taken; apart from `since`, which may be wrong. */
  #handedUpTo: number | undefined;
  #isRunning = false;
  #isDetached = false;
  /** Messages come while it is registered: its replay may be synchronous. */
  #isRegistering = false;
  /** It was too slow, and has to register again. */
  #hasLeft = false;
  #failureCount = 0;
  #unregister: (() => void) | undefined;

  /** Registers at once; see `attachInProcess`. */
  constructor(router: Router, options: InProcessOptions) {
    this.#router = router;
    this.#options = options;
    this.#waiting = new BoundedQueue(options.waitingMax ?? WAITING_MAX);
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
    const since = this.#handedUpTo ?? this.#options.since;
    let isFull = false;
    this.#hasLeft = false;
    this.#isRegistering = true;
    this.#unregister = this.#router.register({
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
    this.#isRegistering = false;
    // The handler may have detached it while it was handed what it missed.
    if (this.#isDetached) this.#unregister();
    if (!this.#hasLeft) return;
    // What it missed was too much already.
    this.#leave();
    if (!this.#isRunning) this.#return();
  }

  #leave(): void {
    this.#hasLeft = true;
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
    if (this.#hasLeft && !this.#isRegistering) this.#return();
  }

  /** Registers again after it was too slow, unless another took the name. */
  #return(): void {
    if (this.#isDetached) return;
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
      // Its own copy: what it changes, other agents would see.
      pending = this.#options.onMessage(structuredClone(message));
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
    // The end of a replay is taken as it is: another store counts anew.
    this.#handedUpTo = isReplayEnd(message)
      ? revision
      : Math.max(this.#handedUpTo ?? 0, revision);
    this.#router.handed(this.#options.module, this.#handedUpTo);
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

function isReplayEnd({ route, content }: Message): boolean {
  return route.resource === REPLAY_RESOURCE && isRecord(content) &&
    content.state === "finished";
}
