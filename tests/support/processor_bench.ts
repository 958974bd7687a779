import { SystemClock } from "../../lib/base/mod.ts";
import type { Message } from "../../lib/message/mod.ts";
import { newMessage } from "../../lib/message/mod.ts";
import { Processor, type ProcessorObserver } from "../../lib/processor/mod.ts";
import { type AgentTraits, Router } from "../../lib/router/mod.ts";
import {
  openStore,
  type SqliteStore,
  type Store,
  type TombstoneLimits,
} from "../../lib/store/mod.ts";
import { nextId, TEST_STAMP } from "./messages.ts";
import { REMOTE_TYPES } from "./operation_bench.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** A module of the router that keeps what it is sent. */
export class Recorder {
  /** What came, in order. */
  readonly messages: Message[] = [];
  /** Until when what came is of use, of those that said it. */
  readonly untilMs: number[] = [];
  /** It takes nothing while set. */
  full = false;
  /** It does not take these. */
  refuses: (message: Message) => boolean = () => false;
  /** What its room says; missing: it has room. */
  waits: (() => Promise<void> | undefined) | undefined;
  /** It takes so many more. */
  room = Infinity;
  #unregister: () => void;
  readonly #router: Router;
  readonly #name: string;

  /** Registers at once. */
  constructor(
    router: Router,
    name: string,
    options: { group?: string; agent?: AgentTraits } = {},
  ) {
    this.#router = router;
    this.#name = name;
    this.#unregister = router.register({
      name,
      group: options.group ?? "edged",
      receive: ({ message, untilMs }) => {
        if (this.full || this.refuses(message) || this.room === 0) return false;
        this.room--;
        this.messages.push(message);
        if (untilMs !== undefined) this.untilMs.push(untilMs);
        const { revision } = message.header;
        if (options.agent && revision) router.handed(name, revision);
        return true;
      },
      room: () => this.waits?.(),
      ...(options.agent ? { agent: options.agent } : {}),
    });
  }

  /** What came and was not taken before. */
  take(): Message[] {
    return this.messages.splice(0);
  }

  /** Sends to the processor under this module's name. */
  send(message: Message, heapBytes?: number): boolean {
    const from = this.#name;
    return this.#router.send("metamanager", {
      message,
      from,
      ...(heapBytes === undefined ? {} : { heapBytes }),
    });
  }

  /** Leaves the router. */
  leave(): void {
    this.#unregister();
  }
}

/** Stores pods whose uid is their name, as if the cloud had sent them before. */
export function storePods(store: Store, names: readonly string[]): void {
  const batch = store.batch();
  batch.message(() => {
    for (const name of names) {
      const row = { type: "pod", uid: name, version: "1", created: "" };
      const key = `default/pod/${name}`;
      batch.tx.put({ ...row, key, source: "edgecontroller", value: "{}" });
    }
  });
  batch.commit();
}

/** Departures from the bench's defaults. */
export interface BenchOptions {
  readonly observer?: ProcessorObserver;
  readonly standalone?: boolean;
  readonly reconcile?: { delayMs: number; intervalMs: number };
  readonly pendingPodsIntervalMs?: number;
  readonly wrap?: (store: SqliteStore) => Store;
  readonly folder?: string;
  readonly tombstoneLimits?: TombstoneLimits;
}

/** A processor on a real store, in virtual time, with recorders for links. */
export class ProcessorBench implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly router = new Router(this.clock);
  readonly cloud = new Recorder(this.router, "websocket", { group: "hub" });
  readonly store: SqliteStore;
  readonly processor: Processor;
  readonly folder: string;
  /** What may change while the processor runs. */
  readonly live = {
    remoteTypes: REMOTE_TYPES,
    queryTimeoutMs: 10_000,
    replyTimeoutMs: 2000,
    metaSyncIntervalMs: 60_000,
  };
  readonly #ownsFolder: boolean;

  private constructor(folder: string, options: BenchOptions) {
    this.folder = folder;
    this.#ownsFolder = options.folder === undefined;
    this.store = openStore({
      path: `${folder}/metamanager.db`,
      clock: new SystemClock(),
      reserveBytes: 0,
      ...(options.tombstoneLimits
        ? { tombstoneLimits: options.tombstoneLimits }
        : {}),
    });
    const { live } = this;
    this.processor = new Processor({
      router: this.router,
      store: options.wrap?.(this.store) ?? this.store,
      clock: this.clock,
      stamp: { newId: nextId, now: () => this.clock.now() },
      nodeId: "edge-1",
      standalone: options.standalone ?? false,
      get remoteTypes() {
        return live.remoteTypes;
      },
      get queryTimeoutMs() {
        return live.queryTimeoutMs;
      },
      get replyTimeoutMs() {
        return live.replyTimeoutMs;
      },
      get metaSyncIntervalMs() {
        return live.metaSyncIntervalMs;
      },
      syncSettleMs: 10_000,
      random: () => 0.5,
      // Out of the way of tests of other things.
      reconcile: options.reconcile ?? { delayMs: 1e9, intervalMs: 0 },
      pendingPodsIntervalMs: options.pendingPodsIntervalMs ?? 0,
      ...(options.observer ? { observer: options.observer } : {}),
    });
  }

  /** Opens the store and starts the processor. */
  static async start(options: BenchOptions = {}): Promise<ProcessorBench> {
    const folder = options.folder ?? await Deno.makeTempDir();
    const bench = new ProcessorBench(folder, options);
    await bench.processor.start();
    return bench;
  }

  /** The store has been in sync: what is not in it is gone. */
  markSynced(): void {
    const batch = this.store.batch();
    batch.message(() => batch.tx.markSynced("*"));
    batch.commit();
  }

  /** Attaches an agent. */
  agent(name = "edged", traits: AgentTraits = { answers: false }): Recorder {
    return new Recorder(this.router, name, { agent: traits });
  }

  /** The cloud sends messages in one burst; all is processed. */
  async fromCloud(...messages: Message[]): Promise<void> {
    for (const message of messages) this.cloud.send(message);
    await this.clock.settle();
  }

  /** The link tells that it came up or went down. */
  async connect(connected = true): Promise<void> {
    const message = newMessage(TEST_STAMP, {
      source: "edgehub",
      group: "meta",
      operation: "connect",
      resource: "node/connection",
      content: connected ? "cloud_connected" : "cloud_disconnected",
    });
    this.router.send("metamanager", { message, from: "edgehub" });
    await this.clock.settle();
  }

  /** Ends the processor as a crash does: nothing is flushed. */
  async crash(): Promise<void> {
    await this.processor.stop();
    this.store.close();
  }

  /** Stops, closes and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash();
    if (this.#ownsFolder) {
      await Deno.remove(this.folder, { recursive: true });
    }
  }
}
