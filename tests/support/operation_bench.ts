import { SystemClock } from "../../lib/base/mod.ts";
import type { Message, Origin } from "../../lib/message/mod.ts";
import {
  type Context,
  type Effect,
  operationFor,
  type Outcome,
  type RemoteRequest,
} from "../../lib/operations/mod.ts";
import {
  openStore,
  type SqliteStore,
  type StoreTransaction,
} from "../../lib/store/mod.ts";
import { nextId } from "./messages.ts";

/** Resource types that the tests ask the cloud for: KubeEdge 1.15's. */
export const REMOTE_TYPES: ReadonlySet<string> = new Set([
  "configmap",
  "secret",
  "persistentvolume",
  "persistentvolumeclaim",
  "volumeattachment",
  "node",
  "serviceaccounttoken",
  "lease",
  "certificatesigningrequest",
]);

/** A clock of which the time that passes can be lengthened. */
export class RunningClock extends SystemClock {
  /** Milliseconds that have passed beside the machine's. */
  extraMs = 0;

  override monotonic(): number {
    return super.monotonic() + this.extraMs;
  }
}

/** Runs single operations on a real store, each in its own transaction. */
export class OperationBench implements AsyncDisposable {
  /** The store; read it to see what was written. */
  readonly store: SqliteStore;
  /** Whether the cloud can be asked. */
  connected = true;
  /** Wall clock in milliseconds. */
  nowMs = Date.parse("2026-06-01T00:00:00Z");
  /** Keys that the cloud vouched for. */
  readonly confirmed = new Set<string>();
  /** Requests that wait for the cloud, by upstream id. */
  readonly requests = new Map<string, RemoteRequest>();
  /** Outbox messages that are out. */
  readonly sent = new Set<string>();
  /** Outbox messages behind pings, by ping id. */
  readonly barriers = new Map<string, readonly string[]>();
  readonly #folder: string;

  /** Time that the node runs; it is moved on by hand. */
  readonly clock: RunningClock;

  private constructor(store: SqliteStore, folder: string, clock: RunningClock) {
    this.store = store;
    this.#folder = folder;
    this.clock = clock;
  }

  /** Opens a store in a folder of its own. */
  static async open(): Promise<OperationBench> {
    const folder = await Deno.makeTempDir();
    const clock = new RunningClock();
    const store = openStore({ path: `${folder}/store/metamanager.db`, clock });
    return new OperationBench(store, folder, clock);
  }

  /** Runs the operation of a message and commits. */
  run(message: Message, origin: Origin, from = ""): Outcome {
    const operate = operationFor(message.route.operation);
    if (!operate) throw new Error(`No operation ${message.route.operation}`);
    const batch = this.store.batch();
    try {
      const outcome = batch.message(() =>
        operate(message, batch.tx, this.context(origin, from))
      );
      batch.commit();
      for (const effect of outcome) this.#remember(effect);
      return outcome;
    } catch (error) {
      batch.rollback();
      throw error;
    }
  }

  /** A message from the cloud. */
  cloud(message: Message): Outcome {
    return this.run(message, "cloud", "websocket");
  }

  /** A message from edged. */
  edged(message: Message): Outcome {
    return this.run(message, "edged", "edged");
  }

  /** Runs work of the node itself and commits. */
  task(run: (tx: StoreTransaction, context: Context) => Outcome): Outcome {
    const batch = this.store.batch();
    const outcome = batch.message(() =>
      run(batch.tx, this.context("internal", "metamanager"))
    );
    batch.commit();
    for (const effect of outcome) this.#remember(effect);
    return outcome;
  }

  /** Notes that every type is in sync. */
  markSynced(): void {
    const batch = this.store.batch();
    batch.message(() => batch.tx.markSynced("*"));
    batch.commit();
  }

  /** What operations may know. */
  context(origin: Origin, from: string): Context {
    return {
      origin,
      from: from || (origin === "cloud" ? "websocket" : "edged"),
      nodeId: "edge-1",
      connected: this.connected,
      remoteTypes: REMOTE_TYPES,
      newId: nextId,
      now: () => this.nowMs,
      isConfirmed: (key) => this.confirmed.has(key),
      request: (id) => this.requests.get(id),
      barrier: (id) => this.barriers.get(id),
      isSent: (id) => this.sent.has(id),
    };
  }

  /** Closes the store and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.store.close();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #remember(effect: Effect): void {
    if (effect.kind === "ask") {
      this.requests.set(effect.request.upstream.header.msg_id, effect.request);
    } else if (effect.kind === "confirmed") {
      this.confirmed.add(effect.key);
    }
  }
}

/** The effects of one kind. */
export function effects<K extends Effect["kind"]>(
  outcome: Outcome,
  kind: K,
): Extract<Effect, { kind: K }>[] {
  return outcome.filter((effect) => effect.kind === kind) as Extract<
    Effect,
    { kind: K }
  >[];
}

/** The one effect of a kind. @throws If there is none or more than one. */
export function only<K extends Effect["kind"]>(
  outcome: Outcome,
  kind: K,
): Extract<Effect, { kind: K }> {
  const found = effects(outcome, kind);
  const [first] = found;
  if (found.length !== 1 || !first) {
    throw new Error(
      `Expected one "${kind}" among ${JSON.stringify(outcome)}`,
    );
  }
  return first;
}
