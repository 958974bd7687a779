import { decode, type Message } from "../message/mod.ts";
import { mayLeave } from "../operations/mod.ts";
import type { OutboxInfo, OutboxRow, Store } from "../store/mod.ts";
import type { OutboxFlights } from "./outbox_flights.ts";
import { OutboxQueue } from "./outbox_queue.ts";

/** Messages in line that are gone from the outbox before it is read anew. */
const GONE_MAX = 1024;

/** A message that may leave. */
export interface Next {
  /** Its row. */
  readonly row: OutboxRow;
  /** What it says. */
  readonly message: Message;
}

/** What {@link OutboxBacklog} needs from outside. */
export interface OutboxBacklogOptions {
  /** Where the outbox is read. */
  readonly store: Pick<
    Store,
    "get" | "outboxInfo" | "outboxRow" | "outboxLength"
  >;
  /** What was sent on this connection. */
  readonly flights: OutboxFlights;
  /** Told of a message that cannot be read. */
  readonly onUnreadable: (row: OutboxRow, why: string) => void;
}

/**
 * What of the outbox is still to be sent on the present connection. A message
 * is read when it is sent, so that nothing goes out that was merged, dropped or
 * parked meanwhile. A status is held until its pod is stored.
 */
export class OutboxBacklog {
  readonly #options: OutboxBacklogOptions;
  readonly #queue = new OutboxQueue();
  /** Resources of statuses that wait for their pod to be stored. */
  readonly #held = new Set<string>();
  #hasBegun = false;
  #isStale = true;
  #seenId = 0;

  /** @param options Store and what was sent. */
  constructor(options: OutboxBacklogOptions) {
    this.#options = options;
  }

  /** Whether there is something to take. @throws {StoreError} */
  get hasNext(): boolean {
    if (this.#isStale) this.#load();
    return this.#queue.hasNext;
  }

  /** Notes that the outbox has changed. */
  changed(): void {
    this.#isStale = true;
  }

  /** Forgets everything: what is not sent is read anew. */
  forget(): void {
    this.#queue.clear();
    this.#held.clear();
    this.#seenId = 0;
    this.#hasBegun = false;
    this.#isStale = true;
  }

  /**
   * The next message; its resource is busy then. `undefined` if the one whose
   * turn it was may not leave.
   *
   * @throws {StoreError} If it cannot be read; forget everything then.
   */
  take(): Next | undefined {
    const { store, onUnreadable } = this.#options;
    const info = this.#queue.next();
    if (!info) return undefined;
    const row = store.outboxRow(info.id);
    if (!row || row.parkedAtMs > 0) {
      this.#queue.release(info.resource);
      return undefined;
    }
    const decoded = decode(row.text);
    if (!decoded.ok) {
      // One that cannot be read would stop all behind it.
      this.#queue.release(row.resource);
      onUnreadable(row, decoded.fault.text);
      return undefined;
    }
    const { message } = decoded;
    if (mayLeave(message, store)) return { row, message };
    this.#queue.putBack(info);
    this.#held.add(info.resource);
    return undefined;
  }

  /** Puts a message back before those of its resource, to be sent again. */
  putBack(row: OutboxInfo): void {
    this.#queue.putBack(row);
    this.#queue.release(row.resource);
  }

  /** Lets the next message of a resource go. */
  release(resource: string): void {
    this.#queue.release(resource);
  }

  /** Lets a status go that was held; `false` if it was not. */
  releaseHeld(resource: string): boolean {
    if (!this.#held.delete(resource)) return false;
    this.#queue.release(resource);
    return true;
  }

  /** Brings the line up to date with the outbox. */
  #load(): void {
    const { store, flights } = this.#options;
    if (this.#queue.size > store.outboxLength() + GONE_MAX) this.forget();
    const rows = store.outboxInfo(this.#seenId);
    this.#isStale = false;
    this.#seenId = rows.at(-1)?.id ?? this.#seenId;
    const open = rows.filter(({ msgId }) => !flights.get(msgId));
    if (this.#hasBegun) return this.#queue.add(open);
    this.#hasBegun = true;
    for (const { row } of flights.all()) this.#queue.occupy(row.resource);
    this.#queue.begin(open);
  }
}
