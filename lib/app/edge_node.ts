import {
  type Clock,
  type Component,
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
import {
  type OutboxOrder,
  type OutboxOrderDone,
  OutboxOrderError,
} from "../processor/mod.ts";
import { Router } from "../router/mod.ts";
import { openStore, type SqliteStore } from "../store/mod.ts";
import { errorText, Health, Logger, Metrics } from "../telemetry/mod.ts";
import { actionsOf } from "./actions.ts";
import { buildParts, type Parts } from "./build.ts";
import { Check } from "./check.ts";
import { Flow } from "./flow.ts";
import { applyChange } from "./live_config.ts";
import type { NodeParts } from "./node_parts.ts";
import { type OutboxMessage, outboxMessage } from "./outbox_report.ts";
import { refusals } from "./refusals.ts";
import { type NodeStatus, statusOf } from "./status.ts";
import { storeOwner } from "./store_owner.ts";
import { type NodeTiming, TIMING } from "./timing.ts";
import { viewsOf } from "./views.ts";

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
  #config: Config;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #stamp: Stamp;
  readonly #log: Logger;
  readonly #timing: NodeTiming;
  readonly #storeSizes: NodeParts["storeSizes"];
  readonly #actions: NodeParts["actions"];
  readonly #startedMs: number;
  readonly #flow: Flow;
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
    const { level, format, journald: wanted } = config.log;
    const journald = wanted === "always";
    this.#log = parts.log ??
      new Logger("node", { clock: this.#clock, level, format, journald });
    this.#timing = { ...TIMING, ...parts.timing };
    this.#storeSizes = parts.storeSizes;
    this.#actions = parts.actions;
    this.#startedMs = this.#clock.now();
    this.#flow = new Flow(this.#clock);
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
    this.#log.info("node runs", {
      node: this.name,
      cloud: this.#config.edgehub.websocket.url || "none, standalone node",
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
      metrics: this.metrics,
      flow: this.#flow,
    });
  }

  /** What waits for the cloud's confirmation, oldest first; no contents. */
  outbox(): OutboxMessage[] {
    const nowMs = this.#clock.now();
    return (this.#store?.outboxInfo(0) ?? []).map((row) =>
      outboxMessage(row, {
        nowMs,
        isSent: this.#parts?.processor.isSent(row.msgId) ?? false,
      })
    );
  }

  /**
   * Retries or drops messages of the outbox.
   *
   * @throws {OutboxOrderError} If the node does not run, or its store cannot
   *   be written now.
   */
  changeOutbox(order: OutboxOrder): Promise<OutboxOrderDone> {
    return this.#parts?.processor.changeOutbox(order) ??
      Promise.reject(
        new OutboxOrderError("Cannot change the outbox: the node does not run"),
      );
  }

  /**
   * Goes by another configuration, in what can change while the node runs: see
   * `takeUp` of the configuration. All else must be as it was.
   *
   * @param redial Whether the cloud has to be dialled anew for it.
   */
  reconfigure(config: Config, redial: boolean): void {
    const change = { before: this.#config, after: config, redial };
    this.#config = config;
    applyChange({ ...change, log: this.#log, parts: this.#parts });
  }

  /** Asks for a fresh link to the cloud; one that is down is dialled now. */
  reconnect(): void {
    this.#parts?.edgehub?.reconnect();
  }

  /**
   * Asks the cloud anew for all that the node's pods name, and for the list
   * of its pods.
   *
   * @returns `false` if the cloud cannot be asked now; it is asked after the
   *   next connect.
   */
  resync(): boolean {
    return this.#parts?.processor.reconciler.now() ?? false;
  }

  /**
   * Takes nothing new in, commits what was taken, lets its acks leave.
   *
   * @param deadlineMs Milliseconds for each step.
   */
  async drain(deadlineMs: number): Promise<void> {
    const { edgehub, edged, processor } = this.#parts ?? {};
    for (const part of [edgehub, edged, processor]) {
      if (part) await this.#end(part, "drain", () => part.drain(deadlineMs));
    }
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
      await this.#end(part, "stop", () => part.stop());
    }
    this.#running = [];
    this.router.close();
    this.#store?.close();
    this.#log.info("node stopped", { node: this.name });
    this.#log.flush();
  }

  /** A part that fails keeps no other from being drained and stopped. */
  async #end(
    { name }: Component,
    step: "drain" | "stop",
    run: () => Promise<void>,
  ): Promise<void> {
    try {
      await run();
    } catch (error) {
      const text = errorText(error);
      this.#log.error(`part did not ${step}`, { part: name, error: text });
    }
  }

  #openStore(): SqliteStore {
    const log = this.#log.child("store");
    const store = openStore({
      path: this.#config.store.path,
      clock: this.#clock,
      revisionBase: this.#clock.now(),
      owner: storeOwner(this.#config, (text) => log.warn(text)),
      log: (level, message) => log[level](message),
      ...this.#storeSizes,
    });
    const problems = store.problems.join("; ");
    this.health.set(Check.store, problems ? "degraded" : "ok", problems);
    return store;
  }

  #buildParts(store: SqliteStore): Parts {
    return buildParts({
      config: this.#config,
      live: () => this.#config,
      timing: this.#timing,
      router: this.router,
      clock: this.#clock,
      random: this.#random,
      stamp: this.#stamp,
      log: this.#log,
      metrics: this.metrics,
      health: this.health,
      refused: refusals(this.health),
      flow: this.#flow,
      status: () => this.status(),
      views: viewsOf(this),
      actions: {
        ...actionsOf(this, () => this.#parts?.edgehub?.url ?? ""),
        ...this.#actions,
      },
      store,
    });
  }
}
