import { Progress } from "../../lib/agent/progress.ts";
import { Handovers } from "../../lib/edged/handovers.ts";
import { isRecord } from "../../lib/base/mod.ts";
import {
  type Message,
  newResponse,
  REPLAY_RESOURCE,
} from "../../lib/message/mod.ts";
import { Processor } from "../../lib/processor/mod.ts";
import { Router } from "../../lib/router/mod.ts";
import {
  type Batch,
  type BatchOptions,
  openStore,
  type SqliteStore,
  type Store,
  type TombstoneLimits,
} from "../../lib/store/mod.ts";
import { nextId, TEST_STAMP } from "./messages.ts";
import { REMOTE_TYPES } from "./operation_bench.ts";
import type { VirtualClock } from "./virtual_clock.ts";

const DATABASE = "metamanager.db";
/** How long the agent takes to answer, in milliseconds. */
const ANSWER_MS = 20;

/** The process is gone: nothing that it calls works any more. */
class CrashError extends Error {
  override readonly name = "CrashError";
}

/**
 * Counts the instants of a run at which a process may die, and makes it die
 * at one of them: its files are copied as they are on disk then, and from
 * then on nothing works.
 */
export class Fuse {
  /** What each instant was, in order. */
  readonly labels: string[] = [];
  /** Whether the process is gone. */
  isBurnt = false;
  readonly #at: number;
  readonly #onCrash: () => void;

  /** @param at Which instant it dies at, from 0; at none if there are fewer. */
  constructor(at: number, onCrash: () => void) {
    this.#at = at;
    this.#onCrash = onCrash;
  }

  /** An instant passes; `false` if the process is gone now. */
  passes(label: string, also: () => void = () => {}): boolean {
    if (this.isBurnt) return false;
    this.labels.push(label);
    if (this.labels.length <= this.#at) return true;
    this.burn();
    also();
    return false;
  }

  /** The process dies now, unless it is gone. */
  burn(): void {
    if (this.isBurnt) return;
    this.isBurnt = true;
    this.#onCrash();
  }

  /** As `passes`. @throws {CrashError} If the process is gone now. */
  check(label: string, also?: () => void): void {
    if (!this.passes(label, also)) throw new CrashError(label);
  }
}

/** State of an object, as far as content goes; empty: there is none. */
export function stateOf(content: unknown): string {
  if (!isRecord(content) || !isRecord(content.metadata)) return "";
  const { uid, labels } = content.metadata;
  return `${uid} ${isRecord(labels) ? labels.n : ""}`;
}

/** What CloudCore wants of the node, and what it takes for done. */
export class ModelCloud {
  /** What was sent about each resource, in order. */
  readonly sent = new Map<string, Message[]>();
  /** How much of that was acked: nothing behind it is known to be there. */
  readonly acked = new Map<string, number>();
  #unacked: Message[] = [];

  /** Messages that were not acked, in order. */
  get unacked(): readonly Message[] {
    return this.#unacked;
  }

  /** Notes a message that is sent now. */
  note(message: Message): void {
    const { resource } = message.route;
    this.sent.set(resource, [...this.sent.get(resource) ?? [], message]);
    this.#unacked.push(message);
  }

  /** Takes what the node sends; a `response` is an ack, an `error` is none. */
  take({ header, route }: Message): void {
    if (route.operation !== "response") return;
    const acked = this.#unacked.find(({ header: { msg_id } }) =>
      msg_id === header.parent_msg_id
    );
    if (!acked) return;
    this.#unacked = this.#unacked.filter((message) => message !== acked);
    const { resource } = acked.route;
    const place = (this.sent.get(resource) ?? []).indexOf(acked) + 1;
    this.acked.set(
      resource,
      Math.max(place, this.acked.get(resource) ?? 0),
    );
  }

  /** States that a resource may have in a store that keeps its promises. */
  allowed(resource: string): string[] {
    const sent = this.sent.get(resource) ?? [];
    const acked = this.acked.get(resource) ?? 0;
    const states = sent.slice(Math.max(0, acked - 1)).map((
      { route, content },
    ) => route.operation === "delete" ? "" : stateOf(content));
    return acked === 0 ? ["", ...states] : states;
  }

  /** The state of everything in the end. */
  truth(): [string, string][] {
    return [...this.sent].map(([resource, sent]): [string, string] => {
      const last = sent.at(-1);
      return [
        resource,
        last?.route.operation === "delete" ? "" : stateOf(last?.content),
      ];
    }).filter(([, state]) => state !== "").sort();
  }
}

/**
 * A pod agent in a process of its own: it lives on when the node dies, and
 * knows what it was handed.
 */
export class ModelAgent {
  /** Objects that it knows, by resource. */
  readonly objects = new Map<string, string>();
  /** What should not have happened. */
  readonly wrongs: string[] = [];
  /** Reports that the node answered with `OK`, by message id. */
  readonly reported: string[] = [];
  /** Up to which revision it has everything. */
  readonly progress = new Progress(undefined);
  readonly #gone = new Set<string>();
  #replayed: Set<string> | undefined;

  /** A new connection: an interrupted replay starts again. */
  connected(): void {
    this.progress.connected();
    this.#replayed = undefined;
  }

  /** Takes one message. */
  take(message: Message): void {
    const { header, route, content } = message;
    if (header.parent_msg_id) {
      if (route.operation === "response") {
        this.reported.push(header.parent_msg_id);
      }
      return;
    }
    this.progress.note(message);
    if (route.resource === REPLAY_RESOURCE) return this.#replay(content);
    const [uid = ""] = stateOf(content).split(" ");
    if (route.operation === "delete") return this.#delete(route.resource, uid);
    this.#write(route.resource, stateOf(content));
  }

  /** All objects, sorted. */
  picture(): [string, string][] {
    return [...this.objects].sort();
  }

  #write(resource: string, state: string): void {
    const [uid = "", n] = state.split(" ");
    const [knownUid, knownN] = this.objects.get(resource)?.split(" ") ?? [];
    if (this.#gone.has(uid)) this.wrongs.push(`${uid} came back`);
    if (knownUid && knownUid !== uid && !this.#replayed) {
      this.wrongs.push(`${knownUid} was replaced by ${uid} without a delete`);
    }
    if (knownUid === uid && Number(n) < Number(knownN)) {
      this.wrongs.push(`${uid} went back from ${knownN} to ${n}`);
    }
    this.objects.set(resource, state);
    this.#replayed?.add(resource);
  }

  #delete(resource: string, uid: string): void {
    this.#gone.add(uid);
    if (this.objects.get(resource)?.startsWith(`${uid} `)) {
      this.objects.delete(resource);
    }
  }

  #replay(content: unknown): void {
    if (!isRecord(content) || content.full !== true) return;
    if (content.state === "started") this.#replayed = new Set();
    else if (this.#replayed) {
      for (const resource of [...this.objects.keys()]) {
        if (!this.#replayed.has(resource)) this.objects.delete(resource);
      }
      this.#replayed = undefined;
    }
  }
}

/** How a run differs from others. */
export interface CrashOptions {
  /** The agent answers what it is handed. */
  readonly answers: boolean;
  /** How long each message takes to the agent, in milliseconds. */
  readonly lagMs: number;
  /** What is left of the memory of deletes. */
  readonly tombstoneLimits?: TombstoneLimits;
}

/** What a process meets outside, and what outlives it. */
export interface Outside extends CrashOptions {
  readonly clock: VirtualClock;
  readonly cloud: ModelCloud;
  readonly agent: ModelAgent;
}

/** A node's process over a folder, to die when its fuse says. */
export class MortalNode {
  /** Where it meets its peers. */
  readonly router: Router;
  /** Its store; read it to see what is there. */
  readonly store: SqliteStore;
  /** When it dies. */
  readonly fuse: Fuse;
  readonly #outside: Outside;
  readonly #processor: Processor;
  readonly #folder: string;
  #detach: (() => void) | undefined;
  #walBytes = 0;

  /** Opens the store. @param options `at`: the instant at which it dies. */
  constructor(
    folder: string,
    outside: Outside,
    options: { at: number; image: string },
  ) {
    const { clock, tombstoneLimits } = outside;
    this.#outside = outside;
    this.#folder = folder;
    this.fuse = new Fuse(options.at, () => copyFolder(folder, options.image));
    this.router = new Router(clock);
    this.store = openStore({
      path: `${folder}/${DATABASE}`,
      clock,
      reserveBytes: 0,
      ...(tombstoneLimits ? { tombstoneLimits } : {}),
    });
    // A store that was never in sync lets no agent infer deletes.
    const batch = this.store.batch();
    batch.message(() => batch.tx.markSynced("*"));
    batch.commit();
    this.#processor = new Processor({
      router: this.router,
      store: this.#mortal(options.image),
      clock,
      random: () => 0.5,
      reconcile: { delayMs: 1e9, intervalMs: 0 },
      pendingPodsIntervalMs: 0,
      stamp: { newId: nextId, now: () => clock.now() },
      nodeId: "edge-1",
      standalone: false,
      remoteTypes: REMOTE_TYPES,
      queryTimeoutMs: 10_000,
      replyTimeoutMs: 2000,
      metaSyncIntervalMs: 60_000,
      syncSettleMs: 10_000,
    });
  }

  /** Starts the processor, with a link to the cloud. */
  async start(): Promise<void> {
    this.router.register({
      name: "websocket",
      group: "hub",
      receive: ({ message }) => {
        if (this.fuse.isBurnt) return false;
        this.#outside.cloud.take(message);
        this.fuse.passes(`released to the cloud: ${message.route.operation}`);
        return true;
      },
    });
    await this.#processor.start();
  }

  /** The agent attaches; what it is sent arrives one by one. */
  attach(since?: number): void {
    const { agent, answers, clock, lagMs } = this.#outside;
    const queue: Message[] = [];
    const handovers = new Handovers();
    let count = 0;
    let isAttached = true;
    const deliver = () => {
      const message = queue.shift();
      if (this.fuse.isBurnt || !isAttached || !message) return;
      if (queue.length > 0) clock.after(lagMs, deliver);
      agent.take(message);
      if (!this.fuse.passes(`handed over, no position: ${nameOf(message)}`)) {
        return;
      }
      const revision = handovers.taken(++count);
      if (revision !== undefined) this.router.handed("edged", revision);
      if (answers && isChange(message)) this.#answer(message);
    };
    agent.connected();
    const unregister = this.router.register({
      name: "edged",
      group: "edged",
      agent: { answers, ...(since === undefined ? {} : { since }) },
      receive: ({ message }) => {
        if (this.fuse.isBurnt) return false;
        handovers.queued(message.header.revision);
        if (queue.push(message) === 1) clock.after(lagMs, deliver);
        this.fuse.passes(`released to the agent: ${nameOf(message)}`);
        return true;
      },
    });
    this.#detach = () => {
      isAttached = false;
      unregister();
    };
  }

  /** The agent is gone; what waits for it is lost. */
  detach(): void {
    this.#detach?.();
    this.#detach = undefined;
  }

  /** Sends to the processor, unless it is gone. */
  send(message: Message, from: string): void {
    if (!this.fuse.isBurnt) {
      this.router.send("metamanager", { message, from });
    }
  }

  /** Dies now, unless it has, and ends what is left of it in this process. */
  async bury(): Promise<void> {
    this.fuse.burn();
    await this.#processor.stop();
    this.store.close();
  }

  #answer(message: Message): void {
    this.#outside.clock.after(ANSWER_MS, () => {
      if (!this.fuse.passes("an agent's answer is awaited")) return;
      this.send(newResponse(TEST_STAMP, message, "OK"), "edged");
    });
  }

  /** The store with instants before and after whatever is written. */
  #mortal(image: string): Store {
    const { fuse, store } = this;
    const wal = `${this.#folder}/${DATABASE}-wal`;
    const batch = (options?: BatchOptions): Batch => {
      fuse.check("received");
      const real = store.batch(options);
      let ran = 0;
      return {
        tx: real.tx,
        message: (run) => {
          const result = real.message(run);
          fuse.check(`message ${++ran} of the batch ran`);
          return result;
        },
        commit: () => {
          fuse.check("before COMMIT");
          this.#walBytes = sizeOf(wal);
          real.commit();
          const bytes = Math.floor((this.#walBytes + sizeOf(wal)) / 2);
          if (sizeOf(wal) > this.#walBytes) {
            fuse.check(
              "half of COMMIT is written",
              () => Deno.truncateSync(`${image}/${DATABASE}-wal`, bytes),
            );
          }
          fuse.check("after COMMIT");
        },
        rollback: () => real.rollback(),
      };
    };
    return new Proxy(store as Store, {
      get(target, name) {
        if (name === "batch") return batch;
        if (name === "changesSince") {
          return (revision: number) => {
            fuse.check("catch-up reads");
            return store.changesSince(revision);
          };
        }
        if (name === "notePosition") {
          return (module: string, revision: number) => {
            if (!fuse.isBurnt) store.notePosition(module, revision);
            fuse.passes("position noted, not saved");
          };
        }
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }
}

/** What a message is, for the name of an instant. */
function nameOf({ route, header, content }: Message): string {
  if (route.resource === REPLAY_RESOURCE && isRecord(content)) {
    return `replay ${content.state}${content.full ? ", full" : ""}`;
  }
  return header.parent_msg_id ? "answer" : route.operation;
}

function isChange({ route, header }: Message): boolean {
  return route.resource !== REPLAY_RESOURCE && !header.parent_msg_id;
}

/** Copies a store as a crash leaves it; the shared memory is rebuilt. */
function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const { name } of Deno.readDirSync(from)) {
    if (!name.endsWith("-shm")) {
      Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
    }
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
