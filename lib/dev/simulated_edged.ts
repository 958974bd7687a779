import { type Clock, type Ids, isRecord, type Random } from "../base/mod.ts";
import {
  CLOUD_CONNECTED,
  type Message,
  newOk,
  NODE_CONNECTION_RESOURCE,
  Operation,
  parseResource,
  REPLAY_RESOURCE,
  type Stamp,
} from "../message/mod.ts";
import { EdgedNode } from "./edged_node.ts";
import { EdgedPod, type EdgedPodStatus } from "./edged_pod.ts";
import { EdgedRequests } from "./edged_requests.ts";

/** The agent's link to the node. */
export interface EdgedTransport {
  /** Sends a message; what cannot leave is lost, the agent asks again. */
  send(message: Message): void;
  /** Called once by the agent: who takes what the node sends. */
  onMessage(handler: (message: Message) => void): void;
}

/** What a simulated agent is like. */
export interface SimulatedEdgedOptions {
  /** Name of the node: pods of others are not run. */
  readonly node: string;
  /** The link. */
  readonly transport: EdgedTransport;
  /** Time. */
  readonly clock: Clock;
  /** Ids of its messages. */
  readonly ids: Ids;
  /** Decides which starts fail. */
  readonly random: Random;
  /** Whether inserts, updates and deletes are answered. @default true */
  readonly answers?: boolean;
  /** Milliseconds that a pod takes to start. @default 1000 */
  readonly startMs?: number;
  /** Milliseconds that a pod takes to end. @default 1000 */
  readonly stopMs?: number;
  /** Share of starts that fail, 0 to 1. @default 0 */
  readonly failureRate?: number;
  /** Milliseconds before something that failed is tried again. @default 10 000 */
  readonly retryMs?: number;
  /** Milliseconds between renewals of the lease. @default 10 000 */
  readonly leaseMs?: number;
  /** Milliseconds after which a request has failed. @default 60 000 */
  readonly requestTimeoutMs?: number;
}

const DEFAULTS = {
  answers: true,
  startMs: 1000,
  stopMs: 1000,
  failureRate: 0,
  retryMs: 10_000,
  leaseMs: 10_000,
  requestTimeoutMs: 60_000,
};

const WRITES: ReadonlySet<string> = new Set([
  Operation.insert,
  Operation.update,
  Operation.delete,
]);

/**
 * A pod agent without pods: a state machine driven by messages and a clock,
 * which does towards the node what edged does (wire document, 7).
 *
 * Invariants: a pod is known by its uid; a write is applied before it is
 * answered; the same message twice changes nothing.
 */
export class SimulatedEdged {
  readonly #options: SimulatedEdgedOptions & typeof DEFAULTS;
  readonly #stamp: Stamp;
  readonly #requests: EdgedRequests;
  readonly #node: EdgedNode;
  readonly #pods = new Map<string, EdgedPod>();
  /** Pods seen in a full replay that has not ended. */
  #replayed: Set<string> | undefined;
  #isCloudConnected = false;

  /** Listens at once; does nothing by itself before `start`. */
  constructor(options: SimulatedEdgedOptions) {
    const { clock, ids, transport } = options;
    this.#options = { ...DEFAULTS, ...options };
    this.#stamp = { newId: ids, now: () => clock.now() };
    this.#requests = new EdgedRequests({
      clock,
      stamp: this.#stamp,
      send: (message) => transport.send(message),
      timeoutMs: this.#options.requestTimeoutMs,
    });
    this.#node = new EdgedNode({ ...this.#options, requests: this.#requests });
    transport.onMessage((message) => this.#receive(message));
  }

  /** Registers the node and begins to renew its lease. */
  start(): void {
    this.#node.start();
  }

  /** Forgets everything and ends all timers, as a killed agent does. */
  stop(): void {
    this.#node.stop();
    for (const pod of this.#pods.values()) pod.remove();
    this.#pods.clear();
    this.#requests.drop();
  }

  /** Whether the cloud knows the node. */
  get registered(): boolean {
    return this.#node.registered;
  }

  /** Renewals of the lease that were confirmed. */
  get renewals(): number {
    return this.#node.renewals;
  }

  /** Whether the node says that it is connected to the cloud. */
  get isCloudConnected(): boolean {
    return this.#isCloudConnected;
  }

  /** The pods that it runs, oldest first. */
  pods(): EdgedPodStatus[] {
    return [...this.#pods.values()].map((pod) => pod.status());
  }

  /** Configmaps and secrets of a pod, `<type>/<name>` to object. */
  configsOf(key: string): ReadonlyMap<string, unknown> {
    return this.#pods.get(key)?.configs ?? new Map();
  }

  #receive(message: Message): void {
    const { operation, resource } = message.route;
    if (this.#requests.answer(message)) return;
    if (resource === NODE_CONNECTION_RESOURCE) {
      return this.#onConnection(message.content === CLOUD_CONNECTED);
    }
    if (resource === REPLAY_RESOURCE) return this.#onReplay(message.content);
    if (!WRITES.has(operation)) return;
    this.#apply(message);
    if (this.#options.answers) {
      this.#options.transport.send(newOk(this.#stamp, message));
    }
  }

  #onConnection(connected: boolean): void {
    const isNew = connected && !this.#isCloudConnected;
    this.#isCloudConnected = connected;
    // Requests made offline have failed; waiting out their pause helps nobody.
    if (isNew && !this.#node.registered) this.#node.start();
  }

  /** After a replay of everything, what was not in it is gone. */
  #onReplay(content: unknown): void {
    if (!isRecord(content) || content.full !== true) return;
    if (content.state === "started") {
      this.#replayed = new Set();
    } else if (this.#replayed) {
      for (const key of [...this.#pods.keys()]) {
        if (!this.#replayed.has(key)) this.#remove(key);
      }
      this.#replayed = undefined;
    }
  }

  #apply(message: Message): void {
    const { content, route } = message;
    const resource = parseResource(route.resource);
    if (!resource) return;
    const { namespace, resType, resId } = resource;
    const key = `${namespace}/${resId}`;
    if (resType === "configmap" || resType === "secret") {
      if (route.operation === Operation.delete) return;
      for (const [podKey, pod] of this.#pods) {
        if (!podKey.startsWith(`${namespace}/`)) continue;
        pod.updateConfig(`${resType}/${resId}`, content);
      }
    } else if (resType === "pod" && isRecord(content)) {
      if (route.operation === Operation.delete) this.#delete(key, content);
      else this.#upsert(key, content);
    }
  }

  #upsert(key: string, content: Record<string, unknown>): void {
    const { spec } = content;
    if (!isRecord(spec) || spec.nodeName !== this.#options.node) return;
    this.#replayed?.add(key);
    const known = this.#pods.get(key);
    if (known?.uid === uidOf(content)) return known.update(content);
    this.#remove(key);
    const { clock, random, startMs, stopMs, failureRate, retryMs } =
      this.#options;
    this.#pods.set(
      key,
      new EdgedPod(content, {
        clock,
        random,
        requests: this.#requests,
        startMs,
        stopMs,
        failureRate,
        retryMs,
      }),
    );
  }

  /** A stub names the uid; without one it means whoever has the name. */
  #delete(key: string, content: Record<string, unknown>): void {
    const uid = uidOf(content);
    if (uid === "" || this.#pods.get(key)?.uid === uid) this.#remove(key);
  }

  #remove(key: string): void {
    this.#pods.get(key)?.remove();
    this.#pods.delete(key);
  }
}

function uidOf(object: Readonly<Record<string, unknown>>): string {
  const { metadata } = object;
  return isRecord(metadata) && typeof metadata.uid === "string"
    ? metadata.uid
    : "";
}
