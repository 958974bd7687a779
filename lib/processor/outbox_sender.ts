import type { Clock, Timer } from "../base/mod.ts";
import {
  decode,
  Group,
  type Message,
  Module,
  newMessage,
  Operation,
  ResourceType,
  type Stamp,
} from "../message/mod.ts";
import { PendingTable } from "../router/mod.ts";
import type { OutboxRow, StoreReader } from "../store/mod.ts";

/** Rows read from the store at a time. */
const ROWS_PER_READ = 64;
/** How long an answer to a ping is waited for, in milliseconds. */
const PING_TIMEOUT_MS = 30_000;
/** Pings without an answer at a time. */
const PINGS_MAX = 1024;
/** Wait before an outbox that could not be read is read again, in milliseconds. */
const RETRY_MS = 1000;

/** Types that CloudCore answers one by one (wire document, 7.1). */
const ANSWERED: ReadonlySet<string> = new Set([
  ResourceType.podstatus,
  ResourceType.nodestatus,
  ResourceType.node,
  ResourceType.pod,
]);

/** What {@link OutboxSender} needs from outside. */
export interface OutboxSenderOptions {
  /** Measures how long a ping waits. */
  readonly clock: Clock;
  /** Ids and time of the pings. */
  readonly stamp: Stamp;
  /** Where the outbox is read. */
  readonly store: StoreReader;
  /** Sends to the cloud; `false` if its queue is full. */
  readonly send: (message: Message) => boolean;
  /** Settles once `send` takes again. */
  readonly room: () => Promise<void> | undefined;
  /** Told of a loop that ended with an error. */
  readonly onError: (error: unknown) => void;
}

/**
 * Sends what waits in the outbox, in order, on each connection anew.
 *
 * A row leaves the outbox only when the cloud confirmed it: types that the
 * cloud answers by their answer, others by the answer to a viaduct `ping`
 * sent behind them on the same connection.
 */
export class OutboxSender {
  readonly #options: OutboxSenderOptions;
  readonly #pings: PendingTable<readonly string[]>;
  #connection = 0;
  #connected = false;
  #sending = false;
  #sentUpToId = 0;
  #retry: Timer | undefined;

  /** @param options Store, clock and way out. */
  constructor(options: OutboxSenderOptions) {
    this.#options = options;
    this.#pings = new PendingTable(options.clock, PINGS_MAX);
  }

  /** A new connection: everything unconfirmed goes again, oldest first. */
  connected(): void {
    this.#connection++;
    this.#connected = true;
    this.#sentUpToId = 0;
    this.kick();
  }

  /** The connection is gone; what was not confirmed stays. */
  disconnected(): void {
    this.#connection++;
    this.#connected = false;
    this.#retry?.cancel();
    this.#pings.cancelAll();
  }

  /** The store was rebuilt: its rows have other ids now, so all goes again. */
  restart(): void {
    if (this.#connected) this.connected();
  }

  /** Messages that an answered ping confirms; `undefined` if it is none of ours. */
  barrier(pingId: string): readonly string[] | undefined {
    return this.#pings.peek(pingId);
  }

  /** The ping was answered and its messages are confirmed. */
  passed(pingId: string): void {
    this.#pings.take(pingId);
  }

  /** Sends what was added, unless it is being sent already. */
  kick(): void {
    if (!this.#connected || this.#sending) return;
    this.#retry?.cancel();
    this.#sending = true;
    this.#send(this.#connection)
      .then((end) => {
        this.#sending = false;
        // A link that takes nothing kicks when it comes up again.
        if (end === "sent" && this.#connected && this.#hasMore()) this.kick();
      })
      .catch((error) => {
        this.#sending = false;
        this.#options.onError(error);
        this.#retryLater();
      });
  }

  /** What cannot be read now may be read later, on the same connection. */
  #retryLater(): void {
    if (!this.#connected) return;
    this.#retry = this.#options.clock.after(RETRY_MS, () => this.kick());
  }

  #hasMore(): boolean {
    return this.#options.store.outbox(this.#sentUpToId, 1).length > 0;
  }

  async #send(connection: number): Promise<"sent" | "stopped"> {
    while (connection === this.#connection) {
      const rows = this.#options.store.outbox(this.#sentUpToId, ROWS_PER_READ);
      if (rows.length === 0) return "sent";
      const unanswered: string[] = [];
      for (const row of rows) {
        if (!await this.#sendRow(row, connection)) {
          return connection === this.#connection ? "stopped" : "sent";
        }
        if (!ANSWERED.has(row.type)) unanswered.push(row.msgId);
      }
      if (unanswered.length > 0) this.#ping(unanswered);
    }
    // Another connection came meanwhile; its turn is now.
    return "sent";
  }

  async #sendRow(row: OutboxRow, connection: number): Promise<boolean> {
    // What was read before this connection begins again from the oldest.
    if (connection !== this.#connection) return false;
    const decoded = decode(row.text);
    // A row that cannot be read would stop all behind it.
    if (!decoded.ok) {
      this.#options.onError(
        new Error(
          `Cannot send outbox message ${row.msgId}: ${decoded.fault.text}`,
        ),
      );
      this.#sentUpToId = row.id;
      return true;
    }
    while (!this.#options.send(decoded.message)) {
      const room = this.#options.room();
      if (!room) return false;
      await room;
      if (connection !== this.#connection) return false;
    }
    this.#sentUpToId = row.id;
    return true;
  }

  #ping(msgIds: readonly string[]): void {
    const ping = newMessage(this.#options.stamp, {
      source: Module.metamanager,
      group: Group.resource,
      operation: Operation.ping,
      resource: "node",
    });
    // A ping that cannot be noted or sent confirms nothing; the messages go
    // again on the next connection.
    const added = this.#pings.add(ping.header.msg_id, msgIds, {
      timeoutMs: PING_TIMEOUT_MS,
      onEnd: () => {},
    });
    if (added && !this.#options.send(ping)) {
      this.#pings.take(ping.header.msg_id);
    }
  }
}
