import {
  type Clock,
  type Component,
  type Ids,
  type Random,
  SystemClock,
  systemIds,
  systemRandom,
} from "../base/mod.ts";
import type { Config } from "../config/mod.ts";
import {
  attachInProcess,
  type InProcessAgent,
  type InProcessOptions,
} from "../edged/mod.ts";
import type { Stamp } from "../message/mod.ts";
import { Router } from "../router/mod.ts";
import { openStore, type SqliteStore } from "../store/mod.ts";
import { errorText, Health, Logger, Metrics } from "../telemetry/mod.ts";
import { buildParts, type Parts } from "./build.ts";
import { Check } from "./check.ts";
import { refusals } from "./refusals.ts";
import { type NodeStatus, statusOf } from "./status.ts";
import { type NodeTiming, TIMING } from "./timing.ts";

/** What a node takes from outside; each has the machine's own as default. */
export interface NodeParts {
  /** Time. @default the machine's */
  readonly clock?: Clock;
  /** Jitter. @default the machine's */
  readonly random?: Random;
  /** Message ids. @default random UUIDs */
  readonly newId?: Ids;
  /** Log lines. @default standard error, as configured */
  readonly log?: Logger;
  /** Departures from fixed times, for tests and demonstrations. */
  readonly timing?: Partial<NodeTiming>;
}

/**
 * A node: store, processor, cloud link, local link, operator's socket.
 *
 * Invariants: parts start in that order and stop in reverse; what was taken
 * in before a stop is committed, and its acks leave, before the links close;
 * a node that could not start leaves nothing running.
 *
 * @example
 * ```ts ignore
 * const { config } = await loadConfig({ file: "/etc/metamanager/edge.yaml" });
 * await using node = new EdgeNode(config);
 * await node.start();
 * node.attach({ module: "edged", onMessage: (message) => apply(message) });
 * ```
 */
export class EdgeNode implements Component {
  /** Name of the node, as the cloud knows it. */
  readonly name: string;
  /** Where modules of an embedding program register. */
  readonly router: Router;
  /** Figures, for a program that embeds the node. */
  readonly metrics = new Metrics();
  /** Checks, for a program that embeds the node. */
  readonly health: Health;
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #stamp: Stamp;
  readonly #log: Logger;
  readonly #timing: NodeTiming;
  readonly #startedMs: number;
  #store: SqliteStore | undefined;
  #parts: Parts | undefined;
  #running: Component[] = [];
  #stopped: Promise<void> | undefined;

  /** Opens nothing before `start`. */
  constructor(config: Config, parts: NodeParts = {}) {
    this.#config = config;
    this.#clock = parts.clock ?? new SystemClock();
    this.#random = parts.random ?? systemRandom;
    this.#stamp = {
      newId: parts.newId ?? systemIds,
      now: () => this.#clock.now(),
    };
    const { level, format } = config.log;
    this.#log = parts.log ??
      new Logger("node", { clock: this.#clock, level, format });
    this.#timing = { ...TIMING, ...parts.timing };
    this.#startedMs = this.#clock.now();
    this.name = config.edgehub.controller.nodeId;
    this.router = new Router(this.#clock);
    this.health = new Health(this.#clock, {
      changed: (check) =>
        this.#log.child("health").debug("changed", { ...check }),
    });
  }

  /**
   * Opens the store and starts every part; does not wait for the cloud.
   *
   * @throws {StoreError} If the store cannot be opened.
   * @throws {UnixSocketError} If a socket is in use or cannot be made.
   * @throws {TokenFileError} If the token file cannot be used.
   */
  async start(): Promise<void> {
    if (this.#store) return;
    this.#store = this.#openStore();
    try {
      this.#parts = this.#buildParts(this.#store);
      for (const part of this.#parts.inOrder) {
        this.#running.push(part);
        await part.start();
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (!this.#parts.edgehub) {
      this.#log.warn("standalone node: edgehub.websocket.url is not set", {
        node: this.name,
      });
    }
    this.#log.info("node runs", {
      node: this.name,
      store: this.#config.store.path,
    });
  }

  /**
   * Attaches a pod agent that is part of this program.
   *
   * @throws {TypeError} If the module's name is taken.
   */
  attach(options: Omit<InProcessOptions, "log">): InProcessAgent {
    return attachInProcess(this.router, {
      ...options,
      log: this.#log.child("edged"),
    });
  }

  /** State of the node for an operator; no contents of messages. */
  status(): NodeStatus {
    this.#parts?.housekeeping.look();
    return statusOf({
      node: this.name,
      startedMs: this.#startedMs,
      nowMs: this.#clock.now(),
      health: this.health.report(),
      edgehub: this.#parts?.edgehub,
      trust: this.#parts?.trust,
      edged: this.#parts?.edged,
      processor: this.#parts?.processor,
      store: this.#store,
      url: this.#config.edgehub.websocket.url,
    });
  }

  /** Dials the cloud now if the link is down. */
  reconnect(): void {
    this.#parts?.edgehub?.reconnect();
  }

  /**
   * Takes nothing new in, commits what was taken, lets its acks leave.
   *
   * @param deadlineMs Milliseconds for each step.
   */
  async drain(deadlineMs: number): Promise<void> {
    await this.#parts?.edgehub?.drain(deadlineMs);
    await this.#parts?.edged?.drain(deadlineMs);
    await this.#parts?.processor.drain(deadlineMs);
  }

  /** Drains, then ends every part and closes the store. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Stops. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    await this.drain(this.#timing.stopMs / 4);
    for (const part of this.#running.reverse()) {
      try {
        await part.stop();
      } catch (error) {
        // The other parts are stopped all the same.
        this.#log.error("part did not stop", {
          part: part.name,
          error: errorText(error),
        });
      }
    }
    this.#running = [];
    this.router.close();
    this.#store?.close();
    this.#log.info("node stopped", { node: this.name });
    this.#log.flush();
  }

  #openStore(): SqliteStore {
    const log = this.#log.child("store");
    const store = openStore({
      path: this.#config.store.path,
      clock: this.#clock,
      log: (level, message) => log[level](message),
    });
    const problems = store.problems.join("; ");
    this.health.set(Check.store, problems ? "degraded" : "ok", problems);
    return store;
  }

  #buildParts(store: SqliteStore): Parts {
    return buildParts({
      config: this.#config,
      timing: this.#timing,
      router: this.router,
      clock: this.#clock,
      random: this.#random,
      stamp: this.#stamp,
      log: this.#log,
      metrics: this.metrics,
      health: this.health,
      refused: refusals(this.health),
      status: () => this.status(),
      store,
    });
  }
}
