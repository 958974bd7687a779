import type { Clock } from "../../lib/base/mod.ts";
import {
  type Dialled,
  Edgehub,
  type EdgehubObserver,
  LinkError,
} from "../../lib/edgehub/mod.ts";
import {
  AgentConnection,
  CloseCode,
} from "../../lib/edged/agent_connection.ts";
import type { Log } from "../../lib/edged/ports.ts";
import { newEdgedStats } from "../../lib/edged/stats.ts";
import { Group, type MessageFault } from "../../lib/message/mod.ts";
import { Processor, type ProcessorObserver } from "../../lib/processor/mod.ts";
import { type AgentTraits, Router } from "../../lib/router/mod.ts";
import { type Store, StoreError } from "../../lib/store/mod.ts";
import { WebSocketConnection } from "../../lib/websocket/mod.ts";
import type { Chance } from "./chance.ts";
import { type DiskState, faultyStore } from "./faulty_store.ts";
import { CrashedError, NodeProcess } from "./process.ts";
import { ProcessClock, type Scheduler, type WallClock } from "./scheduler.ts";
import type { Wire } from "./wire.ts";

/** Name of the node. */
export const NODE_ID = "edge-1";

/** Resource types that the cloud is asked for, as in conf/edge.yaml. */
const REMOTE_TYPES = [
  "configmap",
  "secret",
  "persistentvolume",
  "persistentvolumeclaim",
  "volumeattachment",
  "serviceaccounttoken",
  "lease",
  "certificatesigningrequest",
];

const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;

/** Where the node's files are: what a crash leaves behind is opened again. */
export interface SimDisk {
  /** Opens what is durable. */
  open(clock: Clock): Store;
  /** The process is gone in this moment, within a transaction or not. */
  crash(): void;
  /** What is durable now, for a look from outside. */
  durable(): Store;
  /** Removes everything. */
  dispose(): void;
}

/** What a node is built upon. */
export interface SimNodeOptions {
  readonly scheduler: Scheduler;
  readonly wall: WallClock;
  readonly disk: SimDisk;
  readonly diskState: () => DiskState;
  readonly chance: Chance;
  readonly newId: () => string;
  /** Opens a wire to the cloud, or throws a `LinkError`. */
  readonly dial: (
    life: NodeLife,
    signal: AbortSignal,
  ) => Promise<Wire>;
  /** Told of what must not happen, whatever else happens. */
  readonly broken: (invariant: string, text: string) => void;
  /** Told of what is worth a line in a story. */
  readonly note: (text: string) => void;
  /** Told after each COMMIT. */
  readonly committed: () => void;
  /** Told when the store fails, and when it works again. */
  readonly storeChanged: () => void;
  /** Told when the process has crashed. */
  readonly crashed: () => void;
  /** Watches more closely. @default nobody does */
  readonly watch?: NodeWatch;
}

/** Who else is told what the node tells, and what of it is no defect. */
export interface NodeWatch {
  /** Told all that the processor tells. */
  readonly processor: ProcessorObserver;
  /** Told all that the cloud link tells. */
  readonly edgehub: EdgehubObserver;
  /** What the links to agents log. */
  readonly log: Log;
  /** Largest message of the cloud, in bytes. */
  readonly messageBytesMax: number;
  /** Told of a message that was refused for good, which is no defect here. */
  readonly refused: (fault: MessageFault) => void;
}

/** The whole node above sockets and files, from one start to one end. */
export class NodeLife {
  /** The process. */
  readonly process: NodeProcess;
  /** Its clock. */
  readonly clock: ProcessClock;
  /** The processor. */
  readonly processor: Processor;
  /** The cloud link. */
  readonly edgehub: Edgehub;
  /** Every wire that was made for it. */
  readonly wires = new Set<Wire>();
  readonly #options: SimNodeOptions;
  readonly #router: Router;
  readonly #store: Store;
  readonly #stamp: { newId: () => string; now: () => number };
  readonly #agents = new Map<string, AgentConnection>();

  /** Opens the store and builds all parts; `start` runs them. */
  constructor(options: SimNodeOptions) {
    this.#options = options;
    const { scheduler, wall, disk, chance } = options;
    this.process = new NodeProcess(() => {
      disk.crash();
      for (const wire of this.wires) wire.processGone();
      options.crashed();
    });
    this.clock = new ProcessClock(scheduler, wall, this.process);
    this.#store = faultyStore(disk.open(this.clock), {
      process: this.process,
      disk: options.diskState,
      chance,
      committed: options.committed,
    });
    this.#router = new Router(this.clock);
    this.#stamp = { newId: options.newId, now: () => this.clock.now() };
    this.processor = this.#buildProcessor();
    this.edgehub = this.#buildEdgehub();
  }

  /** Runs the parts in their order. */
  start(): void {
    this.#guard("processor", this.processor.start());
    this.#guard("edgehub", this.edgehub.start());
  }

  /** Lets an agent in, as the listener does. */
  attach(module: string, wire: Wire, traits: AgentTraits): void {
    this.wires.add(wire);
    const older = this.#agents.get(module);
    if (older) {
      this.#guard("replace", older.close(CloseCode.replaced, "replaced"));
    }
    const socket = new WebSocketConnection(wire, {
      role: "server",
      clock: this.clock,
      messageBytesMax: MESSAGE_BYTES_MAX,
    });
    const none = () => {};
    const quiet = { debug: none, info: none, warn: none, error: none };
    const agent = new AgentConnection(
      {
        router: this.#router,
        clock: this.clock,
        stamp: this.#stamp,
        log: this.#options.watch?.log ?? quiet,
        connection: () => this.edgehub.nodeConnection(Group.edged),
      },
      {
        module,
        traits,
        socket,
        limits: {
          agentBytesMax: 1024,
          stuckMs: 10_000,
          closeMs: 5000,
          idle: { pingMs: 15_000, deadMs: 30_000 },
        },
        stats: newEdgedStats(),
      },
    );
    this.#agents.set(module, agent);
    this.#guard(
      "agent",
      agent.run().finally(() => {
        this.wires.delete(wire);
        if (this.#agents.get(module) === agent) this.#agents.delete(module);
      }),
    );
  }

  /** Drains and stops, as on SIGTERM; resolves once all has ended. */
  async stop(): Promise<void> {
    await this.edgehub.drain(1000);
    for (const agent of this.#agents.values()) {
      await agent.close(CloseCode.goingAway, "the node stops", 500);
    }
    await this.processor.drain(1000);
    await this.edgehub.stop();
    await this.processor.stop();
    this.#router.close();
    if (!this.process.alive) return;
    this.#store.close();
    this.process.alive = false;
    for (const wire of this.wires) wire.processGone();
  }

  #buildProcessor(): Processor {
    const { broken, note, watch } = this.#options;
    return new Processor({
      router: this.#router,
      store: this.#store,
      clock: this.clock,
      stamp: this.#stamp,
      nodeId: NODE_ID,
      standalone: false,
      remoteTypes: new Set(REMOTE_TYPES),
      queryTimeoutMs: 10_000,
      replyTimeoutMs: 2000,
      metaSyncIntervalMs: 60_000,
      syncSettleMs: 10_000,
      random: this.#options.chance.random,
      reconcile: { delayMs: 5000, intervalMs: 6 * 3_600_000 },
      pendingPodsIntervalMs: 600_000,
      observer: {
        ...watch?.processor,
        failed: (error, messages) => {
          watch?.processor.failed?.(error, messages);
          if (!this.process.alive) return;
          this.#options.storeChanged();
          note(`store fails a batch of ${messages}: ${textOf(error)}`);
          if (error instanceof StoreError || error instanceof CrashedError) {
            return;
          }
          broken("no defect inside", stackOf(error));
        },
        recovered: () => {
          watch?.processor.recovered?.();
          this.#options.storeChanged();
        },
        fault: (fault, origin) => {
          watch?.processor.fault?.(fault, origin);
          this.#refused(fault);
        },
      },
    });
  }

  #buildEdgehub(): Edgehub {
    const { broken, chance, note, watch } = this.#options;
    const messageBytesMax = watch?.messageBytesMax ?? MESSAGE_BYTES_MAX;
    return new Edgehub({
      router: this.#router,
      clock: this.clock,
      random: chance.random,
      stamp: this.#stamp,
      urls: [new URL("ws://cloud/")],
      failover: { order: "in-order", preferAfterMs: 0 },
      rate: { perSecond: 30, burst: 60 },
      files: { caFile: "", certFile: "", keyFile: "" },
      nodeId: NODE_ID,
      projectId: "p",
      handshakeTimeoutMs: 30_000,
      heartbeatMs: 15_000,
      deadlines: {
        readDeadlineMs: 15_000,
        writeDeadlineMs: 15_000,
        proofTimeoutMs: 30_000,
        probeAfterMs: 60_000,
      },
      reconnect: { baseMs: 1000, capMs: 60_000 },
      messageBytesMax,
      observer: {
        ...watch?.edgehub,
        down: (event) => {
          watch?.edgehub.down?.(event);
          if (this.process.alive) note(`link down: ${event.error.message}`);
        },
        connected: (event) => {
          watch?.edgehub.connected?.(event);
          note("link up");
        },
        fault: (fault) => {
          watch?.edgehub.fault?.(fault);
          this.#refused(fault);
        },
        broken: (error) => {
          if (!this.process.alive || error instanceof CrashedError) return;
          broken("no defect inside", stackOf(error));
        },
      },
      dial: async ({ signal, onTooLarge }): Promise<Dialled> => {
        const wire = await this.#options.dial(this, signal);
        this.wires.add(wire);
        const connection = new WebSocketConnection(wire, {
          role: "client",
          clock: this.clock,
          messageBytesMax,
          ...(onTooLarge ? { onTooLarge } : {}),
          maskKeys: (into) => void into.fill(0),
        });
        return {
          connection,
          certificateNotAfterMs: undefined,
          [Symbol.asyncDispose]: () => Promise.resolve(),
        };
      },
    });
  }

  /** The models send nothing that could not be carried out. */
  #refused(fault: MessageFault): void {
    if (!this.process.alive) return;
    const { watch } = this.#options;
    if (watch) return watch.refused(fault);
    const { kind, text } = fault;
    this.#options.broken("no message is refused", `${kind} ${text}`);
  }

  #guard(part: string, promise: Promise<void>): void {
    promise.catch((error) => {
      if (!this.process.alive || error instanceof CrashedError) return;
      this.#options.broken("no defect inside", `${part}: ${stackOf(error)}`);
    });
  }
}

/** Why a dial failed. */
export function refused(kind: "tcp" | "timeout" | "upgrade"): LinkError {
  return new LinkError(kind, `no way to the cloud (${kind})`);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
