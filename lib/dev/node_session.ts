import type { Clock, Timer } from "../base/mod.ts";
import { Group, type Message, Operation } from "../message/mod.ts";
import type { CloudTiming } from "./cloud_timing.ts";
import { isDelete, needsAck, uidOf } from "./delivery.ts";
import { goFrame } from "./go_json.ts";
import { isNewer, type ObjectSyncs } from "./object_syncs.ts";
import { WorkQueue } from "./work_queue.ts";

/** The connection under a session. */
export interface CloudTransport {
  /** Sends one text frame. */
  send(text: string): void;
  /** Ends the connection at once, without a close frame. */
  end(): void;
}

/** Why a session ended. */
export type SessionEnd =
  | "keepalive"
  | "replaced"
  | "node-deleted"
  | "bad-frame"
  | "cut"
  | "stopped"
  | "peer";

/** A session as a person sees it. */
export interface SessionStatus {
  /** Name of the node. */
  readonly node: string;
  /** Objects with a message that is not acked yet. */
  readonly waiting: number;
  /** Id of the message in flight. */
  readonly inFlight?: string;
  /** How often the message in flight was written. */
  readonly writes: number;
  /** Acks that counted. */
  readonly acks: number;
  /** `error` answers, which are no acks. */
  readonly errors: number;
}

/** What a session needs. */
export interface NodeSessionOptions {
  /** Name of the node. */
  readonly node: string;
  /** Measures keepalive, repeats and delays. */
  readonly clock: Clock;
  /** Where acked versions are noted. */
  readonly syncs: ObjectSyncs;
  /** The connection. */
  readonly transport: CloudTransport;
  /** Times. */
  readonly timing: CloudTiming;
  /** Told when a message was acked. */
  readonly onAck: () => void;
  /** Told once, when the session has ended. */
  readonly onEnd: (reason: SessionEnd) => void;
}

interface Flight {
  readonly key: string;
  readonly message: Message;
  readonly text: string;
  writes: number;
  timer: Timer | undefined;
}

/**
 * CloudHub's session of one node (wire document, 4).
 *
 * Invariants: of the messages that want an ack one is in flight, the newest
 * of its uid when it was first written; an acked version is noted before the
 * next message is written; messages that want no ack pass it by, in order.
 */
export class NodeSession {
  readonly #options: NodeSessionOptions;
  readonly #queue: WorkQueue;
  readonly #store = new Map<string, Message>();
  #flight: Flight | undefined;
  #keepalive: Timer | undefined;
  #pumping = false;
  #acks = 0;
  #errors = 0;
  #ended: SessionEnd | undefined;

  /** Starts the keepalive timer; nothing is sent yet. */
  constructor(options: NodeSessionOptions) {
    this.#options = options;
    const { clock, timing } = options;
    this.#queue = new WorkQueue(clock, {
      baseMs: timing.requeueBaseMs,
      maxMs: timing.requeueMaxMs,
      onReady: () => this.#pump(),
    });
    this.keepalive();
  }

  /** Why the session ended; `undefined` while it lives. */
  get ended(): SessionEnd | undefined {
    return this.#ended;
  }

  /** Whether nothing waits for an ack. */
  get idle(): boolean {
    return this.#queue.length === 0;
  }

  /** The session as a person sees it. */
  status(): SessionStatus {
    return {
      node: this.#options.node,
      waiting: this.#queue.length,
      ...(this.#flight ? { inFlight: this.#flight.message.header.msg_id } : {}),
      writes: this.#flight?.writes ?? 0,
      acks: this.#acks,
      errors: this.#errors,
    };
  }

  /** Sends a message, or queues it by its uid until its turn. */
  dispatch(message: Message): void {
    if (this.#ended) return;
    if (!needsAck(message)) {
      this.#options.transport.send(goFrame(message));
    } else if (isDeliverable(message) && this.#isNews(message)) {
      const key = uidOf(message);
      this.#store.set(key, message);
      this.#queue.add(key);
    }
  }

  /**
   * Takes a `response` of the node.
   *
   * @returns `false` if nobody waits for it: a late or second ack, or an
   *   answer to something else.
   */
  ack(parentId: string): boolean {
    const flight = this.#flight;
    if (!flight || flight.message.header.msg_id !== parentId) return false;
    this.#acks++;
    this.#land(flight);
    this.#note(flight.message);
    this.#queue.forget(flight.key);
    this.#queue.done(flight.key);
    this.#options.onAck();
    this.#pump();
    return true;
  }

  /** Takes an `error` of the node: it is counted, and that is all. */
  error(): void {
    this.#errors++;
  }

  /** Restarts the keepalive timer. */
  keepalive(): void {
    if (this.#ended) return;
    const { clock, timing } = this.#options;
    this.#keepalive?.cancel();
    this.#keepalive = clock.after(
      timing.keepaliveMs,
      () => this.end("keepalive"),
    );
  }

  /** Throws the queues away and cuts the connection. Idempotent. */
  end(reason: SessionEnd): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.#keepalive?.cancel();
    if (this.#flight) this.#land(this.#flight);
    this.#queue.close();
    this.#store.clear();
    this.#options.transport.end();
    this.#options.onEnd(reason);
  }

  /** Rules of the ack queue, wire document 4.2; the last one notes the object. */
  #isNews(message: Message): boolean {
    if (isDelete(message) || message.route.operation === Operation.response) {
      return true;
    }
    const version = message.header.resourceversion ?? "";
    const stored = this.#store.get(uidOf(message));
    if (stored) {
      const storedVersion = stored.header.resourceversion ?? "";
      return !isDelete(stored) && isNewer(version, storedVersion);
    }
    return noteUnlessOlder(this.#options.syncs, this.#options.node, message);
  }

  #pump(): void {
    // A transport that answers at once would otherwise grow the stack.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (!this.#ended && !this.#flight) {
        const key = this.#queue.get();
        if (key === undefined) break;
        const message = this.#store.get(key);
        if (message) this.#fly(key, message);
        else this.#queue.done(key);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #fly(key: string, message: Message): void {
    const text = goFrame(message);
    this.#flight = { key, message, text, writes: 0, timer: undefined };
    this.#write(this.#flight);
  }

  #write(flight: Flight): void {
    const { clock, timing, transport } = this.#options;
    flight.writes++;
    const waitedMs = (flight.writes - 1) * timing.resendMs;
    flight.timer = clock.after(
      Math.min(timing.resendMs, timing.giveUpMs - waitedMs),
      () =>
        waitedMs + timing.resendMs >= timing.giveUpMs
          ? this.#giveUp(flight)
          : this.#write(flight),
    );
    transport.send(flight.text);
  }

  #giveUp(flight: Flight): void {
    this.#land(flight);
    this.#queue.addRateLimited(flight.key);
    this.#queue.done(flight.key);
    this.#pump();
  }

  #land(flight: Flight): void {
    flight.timer?.cancel();
    this.#flight = undefined;
  }

  #note(message: Message): void {
    const { syncs, node } = this.#options;
    const uid = uidOf(message);
    if (message.route.operation === Operation.delete) {
      this.#store.delete(uid);
      syncs.delete(node, uid);
      return;
    }
    const version = message.header.resourceversion ?? "";
    syncs.set(node, { ...placeOf(message), uid, version });
  }
}

/** CloudHub drops the rest without a word. */
function isDeliverable(message: Message): boolean {
  const { group, operation } = message.route;
  return group === Group.resource &&
    (Boolean(message.header.resourceversion) || operation === Operation.delete);
}

/**
 * Compares a message with the node's ObjectSync; notes version `0` if there
 * is none. CloudHub does so for nodes that are away, too, which is how
 * SyncController knows of objects that were never sent.
 *
 * @returns Whether the message is newer than what the node acked.
 */
export function noteUnlessOlder(
  syncs: ObjectSyncs,
  node: string,
  message: Message,
): boolean {
  const uid = uidOf(message);
  const sync = syncs.get(node, uid);
  if (!sync) {
    syncs.set(node, { ...placeOf(message), uid, version: "0" });
    return true;
  }
  return sync.version !== "" &&
    isNewer(message.header.resourceversion ?? "", sync.version);
}

function placeOf(
  message: Message,
): { namespace: string; type: string; name: string } {
  const [namespace = "", type = "", name = ""] = message.route.resource.split(
    "/",
  );
  return { namespace, type, name };
}
