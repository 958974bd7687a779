import { AdminServer } from "../admin/mod.ts";
import {
  type Clock,
  type Component,
  type Ids,
  LIMITS,
  type Random,
  SystemClock,
  systemIds,
  systemRandom,
} from "../base/mod.ts";
import type { Config } from "../config/mod.ts";
import {
  attachInProcess,
  EdgedLink,
  type InProcessAgent,
  type InProcessOptions,
} from "../edged/mod.ts";
import { Edgehub } from "../edgehub/mod.ts";
import {
  CLOUD_DISCONNECTED,
  Group,
  newMessage,
  NODE_CONNECTION_RESOURCE,
  NODE_CONNECTION_SOURCE,
  Operation,
  type Stamp,
} from "../message/mod.ts";
import { Processor } from "../processor/mod.ts";
import { Router } from "../router/mod.ts";
import { openStore, type SqliteStore } from "../store/mod.ts";
import { errorText, Health, Logger, Metrics } from "../telemetry/mod.ts";
import { registerGauges } from "./gauges.ts";
import { type NodeStatus, statusOf } from "./status.ts";
import { SnapshotTimer } from "./snapshot_timer.ts";
import { Check, edgehubObserver, processorObserver } from "./telemetry.ts";

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

/** Times that are no configuration, in milliseconds. */
export interface NodeTiming {
  /** How long a connection lasts before the store counts as in sync. */
  readonly syncSettleMs: number;
  /** How long the cloud may ignore a new connection. */
  readonly proofTimeoutMs: number;
  /** How long a stop may take. */
  readonly stopMs: number;
}

const TIMING: NodeTiming = {
  // Twice SyncController's period: what the cloud had has come by then.
  syncSettleMs: 10_000,
  proofTimeoutMs: 30_000,
  stopMs: 4000,
};

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
  #processor: Processor | undefined;
  #edgehub: Edgehub | undefined;
  #edged: EdgedLink | undefined;
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
      for (const part of this.#parts(this.#store)) {
        this.#running.push(part);
        await part.start();
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (!this.#edgehub) {
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
    return statusOf({
      node: this.name,
      startedMs: this.#startedMs,
      nowMs: this.#clock.now(),
      health: this.health.report(),
      edgehub: this.#edgehub,
      edged: this.#edged,
      processor: this.#processor,
      store: this.#store,
      url: this.#config.edgehub.websocket.url,
    });
  }

  /** Dials the cloud now if the link is down. */
  reconnect(): void {
    this.#edgehub?.reconnect();
  }

  /**
   * Takes nothing new in, commits what was taken, lets its acks leave.
   *
   * @param deadlineMs Milliseconds for each step.
   */
  async drain(deadlineMs: number): Promise<void> {
    await this.#edgehub?.drain(deadlineMs);
    await this.#edged?.drain(deadlineMs);
    await this.#processor?.drain(deadlineMs);
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

  /** Builds the parts in the order in which they start. */
  #parts(store: SqliteStore): Component[] {
    const { config, clock } = { config: this.#config, clock: this.#clock };
    const observed = {
      log: this.#log,
      metrics: this.metrics,
      health: this.health,
      clock,
    };
    const { websocket, controller, reconnect } = config.edgehub;
    this.#processor = new Processor({
      router: this.router,
      store,
      clock,
      stamp: this.#stamp,
      nodeId: this.name,
      standalone: websocket.url === "",
      remoteTypes: new Set(config.meta.query.remoteTypes),
      queryTimeoutMs: config.meta.query.timeoutMs,
      replyTimeoutMs: config.edged.replyTimeoutMs,
      metaSyncIntervalMs: config.meta.sync.podstatus.intervalMs,
      syncSettleMs: this.#timing.syncSettleMs,
      observer: processorObserver(observed),
    });
    const parts: Component[] = [this.#processor];
    if (config.edged.socket || config.edged.listen) {
      this.#edged = this.#buildEdged();
      parts.push(this.#edged);
    }
    if (websocket.url) {
      this.#edgehub = new Edgehub({
        router: this.router,
        clock,
        random: this.#random,
        stamp: this.#stamp,
        url: new URL(websocket.url),
        files: {
          caFile: websocket.cafile,
          certFile: websocket.certfile,
          keyFile: websocket.keyfile,
        },
        nodeId: this.name,
        projectId: controller.projectId,
        handshakeTimeoutMs: websocket.handshakeTimeoutMs,
        heartbeatMs: controller.heartbeatMs,
        deadlines: {
          readDeadlineMs: websocket.readDeadlineMs,
          writeDeadlineMs: websocket.writeDeadlineMs,
          proofTimeoutMs: this.#timing.proofTimeoutMs,
        },
        reconnect,
        messageBytesMax: config.edgehub.messageBytesMax,
        observer: edgehubObserver(observed),
      });
      parts.push(this.#edgehub);
    }
    if (config.store.snapshotMs > 0) {
      parts.push(
        new SnapshotTimer({
          store,
          clock,
          intervalMs: config.store.snapshotMs,
          log: this.#log.child("store"),
        }),
      );
    }
    if (config.admin.socket) {
      parts.push(this.#buildAdmin(config.admin.socket));
    }
    registerGauges(this.metrics, {
      processor: this.#processor,
      edgehub: this.#edgehub,
      edged: this.#edged,
      store,
    });
    return parts;
  }

  #buildEdged(): EdgedLink {
    const { socket, listen, tokenFile } = this.#config.edged;
    return new EdgedLink({
      router: this.router,
      clock: this.#clock,
      stamp: this.#stamp,
      log: this.#log.child("edged"),
      connection: () =>
        this.#edgehub?.nodeConnection(Group.edged) ??
          newMessage(this.#stamp, {
            source: NODE_CONNECTION_SOURCE,
            group: Group.edged,
            operation: Operation.connect,
            resource: NODE_CONNECTION_RESOURCE,
            content: CLOUD_DISCONNECTED,
          }),
    }, {
      socket,
      ...(listen ? { listen: { ...listen, tokenFile } } : {}),
      limits: { messageBytesMax: LIMITS.messageBytesMax },
    });
  }

  #buildAdmin(socket: string): AdminServer {
    return new AdminServer({
      log: this.#log.child("admin"),
      sources: {
        health: () => this.health.report(),
        metrics: () => this.metrics.render(),
        status: () => this.status(),
      },
    }, { socket });
  }
}
