import type { Clock } from "../base/mod.ts";
import {
  Group,
  type Message,
  Module,
  newMessage,
  Operation,
  ResourceType,
  type Stamp,
} from "../message/mod.ts";
import { PendingTable } from "../router/mod.ts";
import type { OutboxInfo } from "../store/mod.ts";

/** How long an answer to a ping is waited for, in milliseconds. */
const PING_TIMEOUT_MS = 30_000;
/** Pings without an answer at a time. */
const PINGS_MAX = 1024;
/** Messages behind which a ping goes at the latest. */
const MESSAGES_MAX = 64;

/** What CloudCore answers one by one (wire document, 7.1). */
const ANSWERED: ReadonlySet<string> = new Set([
  `${Operation.update} ${ResourceType.podstatus}`,
  `${Operation.update} ${ResourceType.nodestatus}`,
  `${Operation.update} ${ResourceType.node}`,
  `${Operation.delete} ${ResourceType.pod}`,
]);

/** Whether the cloud answers a message itself; else it takes a ping. */
export function isAnswered({ operation, type }: OutboxInfo): boolean {
  return ANSWERED.has(`${operation} ${type}`);
}

/** What {@link OutboxPings} needs from outside. */
export interface OutboxPingsOptions {
  /** Measures how long a ping waits. */
  readonly clock: Clock;
  /** Ids and time of the pings. */
  readonly stamp: Stamp;
  /** Sends to the cloud; `false` if its queue is full. */
  readonly send: (message: Message) => boolean;
  /** Whether a message is still to be confirmed. */
  readonly isOpen: (msgId: string) => boolean;
}

/**
 * Confirms messages that the cloud does not answer one by one: by a viaduct
 * `ping` behind them on the same connection, whose answer says that what went
 * before it has arrived. One without an answer is followed by another.
 */
export class OutboxPings {
  readonly #options: OutboxPingsOptions;
  readonly #pings: PendingTable<readonly string[]>;
  #uncovered: string[] = [];

  /** @param options Clock and way out. */
  constructor(options: OutboxPingsOptions) {
    this.#options = options;
    this.#pings = new PendingTable(options.clock, PINGS_MAX);
  }

  /** Messages that a ping confirms; `undefined` if it is none of ours. */
  peek(pingId: string): readonly string[] | undefined {
    return this.#pings.peek(pingId);
  }

  /** Ends a ping that was answered; returns the messages before it. */
  take(pingId: string): readonly string[] {
    return this.#pings.take(pingId) ?? [];
  }

  /** Notes a message that was sent and is to be confirmed by a ping. */
  cover(msgId: string): void {
    this.#uncovered.push(msgId);
    if (this.#uncovered.length >= MESSAGES_MAX) this.flush();
  }

  /** Sends a ping behind what no ping covers; `false` if it was not taken. */
  flush(): boolean {
    const { stamp, send, isOpen } = this.#options;
    const msgIds = this.#uncovered.filter(isOpen);
    this.#uncovered = [];
    if (msgIds.length === 0) return true;
    const ping = newMessage(stamp, {
      source: Module.metamanager,
      group: Group.resource,
      operation: Operation.ping,
      resource: "node",
    });
    const { msg_id: id } = ping.header;
    const added = this.#pings.add(id, msgIds, {
      timeoutMs: PING_TIMEOUT_MS,
      onEnd: (end) => {
        if (end !== "expired") return;
        this.#uncovered.push(...msgIds);
        this.flush();
      },
    });
    if (added && send(ping)) return true;
    // It confirms nothing: the next one covers them, too.
    this.#pings.take(id);
    this.#uncovered = msgIds;
    return false;
  }

  /** Forgets all: what the old connection was asked says nothing. */
  clear(): void {
    this.#uncovered = [];
    this.#pings.cancelAll();
  }
}
