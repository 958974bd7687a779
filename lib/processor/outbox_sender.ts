import type { Clock, Timer } from "../base/mod.ts";
import type { Message, Stamp } from "../message/mod.ts";
import type { OutboxInfo, Store } from "../store/mod.ts";
import { type Next, OutboxBacklog } from "./outbox_backlog.ts";
import { type Flight, OutboxFlights } from "./outbox_flights.ts";
import { isAnswered, OutboxPings } from "./outbox_pings.ts";

/** Messages sent before other work has its turn. */
const MESSAGES_PER_TURN = 64;
/** Wait before an outbox that could not be read is read again, in milliseconds. */
const RETRY_MS = 1000;
/**
 * How long the cloud may take to answer a message, in milliseconds: what it
 * has not answered by then counts as unanswered on this connection, once, and
 * is sent again, for the connection may last. A connection that ends sooner
 * says nothing about the message.
 */
const ANSWER_TIMEOUT_MS = 30_000;

/** What {@link OutboxSender} needs from outside. */
export interface OutboxSenderOptions {
  /** Measures how long an answer takes. */
  readonly clock: Clock;
  /** Ids and time of the pings. */
  readonly stamp: Stamp;
  /** Where the outbox is read, and unanswered messages are noted. */
  readonly store: Pick<
    Store,
    "get" | "outboxInfo" | "outboxRow" | "outboxLength" | "noteUnanswered"
  >;
  /** Sends to the cloud; `false` if its queue is full. */
  readonly send: (message: Message) => boolean;
  /** Settles once a message of the backlog may be sent; `undefined` if now. */
  readonly room: () => Promise<void> | undefined;
  /** Told of a message that is sent no more. */
  readonly onParked: (resource: string) => void;
  /** Told of a loop that ended with an error. */
  readonly onError: (error: unknown) => void;
}

/** What the loop of the outbox does. */
export interface OutboxWork {
  /** Whether messages wait that it has to send, or it waits for room. */
  readonly isRunning: boolean;
  /** Messages sent since the start. */
  readonly sent: number;
}

/**
 * Sends what waits in the outbox, on each connection anew: the newest state
 * first, then the rest in order, each when the link has room for it.
 *
 * Invariants: a row leaves the outbox only when the cloud confirmed it: types
 * that the cloud answers by their answer, others by the answer to a viaduct
 * `ping` sent behind them on the same connection. Of a resource at most one
 * message is unconfirmed on a connection; the next one waits for its answer,
 * and one that took its place at most until the answer is overdue. A parked
 * message holds up nobody. A status leaves only while its pod is stored.
 */
export class OutboxSender {
  readonly #options: OutboxSenderOptions;
  readonly #backlog: OutboxBacklog;
  readonly #flights: OutboxFlights;
  readonly #pings: OutboxPings;
  #connection = 0;
  #connected = false;
  /** The connection for which a loop runs; 0 if none does. */
  #running = 0;
  #sent = 0;
  #retry: Timer | undefined;
  #turn: { readonly timer: Timer; readonly end: () => void } | undefined;

  /** @param options Store, clock and way out. */
  constructor(options: OutboxSenderOptions) {
    this.#options = options;
    const { clock, stamp, send, store } = options;
    this.#flights = new OutboxFlights(clock, {
      timeoutMs: ANSWER_TIMEOUT_MS,
      onDue: (flight) => this.#due(flight),
    });
    this.#backlog = new OutboxBacklog({
      store,
      flights: this.#flights,
      onUnreadable: (row, why) => {
        this.#unanswered(row);
        options.onError(
          new Error(`Cannot send outbox message ${row.msgId}: ${why}`),
        );
      },
    });
    this.#pings = new OutboxPings({
      clock,
      stamp,
      send,
      isOpen: (msgId) => this.isSent(msgId),
    });
  }

  /** A new connection: everything unconfirmed goes again. */
  connected(): void {
    this.disconnected();
    this.#connected = true;
    this.kick();
  }

  /** The connection is gone; what was not confirmed stays. */
  disconnected(): void {
    this.#connected = false;
    this.#forget();
    this.#flights.clear();
  }

  /**
   * All goes again on this connection: the store was rebuilt, and its rows
   * have other ids now, or answers were lost with what could not be stored.
   */
  restart(): void {
    if (!this.#connected) return;
    this.#forget();
    this.#flights.takeBackAll();
    this.kick();
  }

  #forget(): void {
    this.#connection++;
    this.#retry?.cancel();
    this.#turn?.timer.cancel();
    this.#turn?.end();
    this.#pings.clear();
    this.#backlog.forget();
  }

  /** Whether a message was sent on this connection and is not confirmed. */
  isSent(msgId: string): boolean {
    return this.#flights.get(msgId) !== undefined;
  }

  /** Whether something is being sent, and how often something was. */
  get work(): OutboxWork {
    const isRunning = this.#connected && this.#running === this.#connection;
    return { isRunning, sent: this.#sent };
  }

  /** Messages that an answered ping confirms; `undefined` if it is none of ours. */
  barrier(pingId: string): readonly string[] | undefined {
    return this.#pings.peek(pingId);
  }

  /** The ping was answered and its messages are confirmed. */
  passed(pingId: string): void {
    for (const msgId of this.#pings.take(pingId)) this.answered(msgId);
  }

  /**
   * The cloud answered a message: the next one of its resource may go.
   *
   * @param refused The cloud cannot take it now: it is sent again, later.
   */
  answered(msgId: string, refused = false): void {
    const flight = this.#flights.get(msgId);
    if (!flight) return;
    if (!refused || !this.#options.store.outboxRow(flight.row.id)) {
      return this.#land(flight);
    }
    flight.refused = true;
    this.#flights.wait(flight);
  }

  /** A status may leave now: its pod was stored. */
  released(resource: string): void {
    if (this.#backlog.releaseHeld(resource)) this.#go();
  }

  /** Looks anew at messages that were sent, parked or dropped. */
  again(msgIds: readonly string[]): void {
    for (const msgId of msgIds) this.#flights.delete(msgId);
    this.#backlog.forget();
    this.#go();
  }

  /** Sends what was added, unless it is being sent already. */
  kick(): void {
    this.#backlog.changed();
    this.#go();
  }

  #go(): void {
    if (!this.#connected || this.#running === this.#connection) return;
    this.#retry?.cancel();
    const connection = this.#connection;
    this.#running = connection;
    this.#send(connection).catch((error) => {
      this.#options.onError(error);
      if (connection !== this.#connection) return;
      // What was taken out of the line must not be passed over.
      this.#backlog.forget();
      this.#retryLater();
    });
  }

  /** The loop of one connection; it ends when nothing may be sent. */
  async #send(connection: number): Promise<void> {
    for (let sent = 1; connection === this.#connection; sent++) {
      if (!this.#backlog.hasNext) return this.#rest();
      const room = this.#options.room();
      if (room) {
        await room;
        if (connection !== this.#connection) return;
        await this.#nextTurn();
        continue;
      }
      const next = this.#backlog.take();
      if (next && !this.#sendRow(next)) return this.#retryLater();
      if (sent % MESSAGES_PER_TURN === 0) await this.#nextTurn();
    }
  }

  /** Nothing is left to send: what was sent is confirmed by a ping behind it. */
  #rest(): void {
    if (!this.#pings.flush()) return this.#retryLater();
    this.#running = 0;
  }

  #sendRow({ row, message }: Next): boolean {
    if (!this.#options.send(message)) {
      this.#backlog.putBack(row);
      return false;
    }
    this.#sent++;
    const { text: _, ...info } = row;
    this.#flights.add(info);
    if (!isAnswered(row)) this.#pings.cover(row.msgId);
    return true;
  }

  /** The cloud did not answer in time, or it was to be asked again by now. */
  #due(flight: Flight): void {
    const { row, refused, overdue } = flight;
    try {
      // One that took its place need not wait any longer.
      if (!this.#options.store.outboxRow(row.id)) return this.#land(flight);
      if (!refused) {
        if (overdue === 0 && this.#unanswered(row)) return this.#land(flight);
        flight.overdue++;
        if (!isAnswered(row) || !this.#flights.goesAgain(flight)) {
          return this.#flights.wait(flight);
        }
      }
      this.#flights.takeBack(flight);
      this.#backlog.putBack(row);
      this.#go();
    } catch (error) {
      // Looked at once more, or it would hold up its resource for ever.
      this.#flights.wait(flight);
      this.#options.onError(error);
    }
  }

  /** @returns Whether the message is parked now. */
  #unanswered(row: Pick<OutboxInfo, "id" | "resource">): boolean {
    const isParked = this.#options.store.noteUnanswered(row.id);
    if (isParked) this.#options.onParked(row.resource);
    return isParked;
  }

  /** The message is out of the way of those of its resource. */
  #land({ row }: Flight): void {
    this.#flights.delete(row.msgId);
    this.#backlog.release(row.resource);
    this.#go();
  }

  /** What cannot be read or sent now may be later, on the same connection. */
  #retryLater(): void {
    this.#running = 0;
    this.#retry?.cancel();
    this.#retry = this.#options.clock.after(RETRY_MS, () => this.#go());
  }

  #nextTurn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.defer(resolve);
    this.#turn = { timer, end: resolve };
    return promise;
  }
}
