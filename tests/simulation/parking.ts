import { LIMITS } from "../../lib/base/mod.ts";
import type { Message } from "../../lib/message/mod.ts";
import type { OutboxRow, Store } from "../../lib/store/mod.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Wire } from "./wire.ts";

/** What {@link Parking} looks at. */
export interface ParkingOptions {
  readonly scheduler: Scheduler;
  /** What is durable. */
  readonly durable: () => Store;
  /** Whether a connection still carries what is sent on it. */
  readonly isGood: (wire: Wire) => boolean;
  /** Told when a message was parked that should be. */
  readonly reached: () => void;
  /** Told of what must not happen. */
  readonly broken: (invariant: string, text: string) => void;
}

/** Longer than the node waits for an answer, delays on the way included. */
const UNANSWERED_MS = 45_000;

interface Ignored {
  readonly wires: Set<Wire>;
  /** Connections that surely had their time. */
  unanswered: number;
}

/**
 * Counts the connections that left a message unanswered, as the cloud sees
 * it: after three of them the node sends it no more, and not before.
 */
export class Parking {
  readonly #options: ParkingOptions;
  readonly #ignored = new Map<string, Ignored>();
  /** Connections made when a message was first seen in the outbox. */
  readonly #firstSeen = new Map<string, number>();
  #connections = 0;
  #era = 0;

  /** @param options Time, store and who is told. */
  constructor(options: ParkingOptions) {
    this.#options = options;
  }

  /** A connection was made, whatever becomes of it. */
  connected(): void {
    this.#connections++;
  }

  /** What the node counted so far may be lost: it crashed, or its disk failed. */
  clear(): void {
    this.#era++;
    this.#ignored.clear();
  }

  /** The cloud got a message and leaves it unanswered. */
  ignored({ header, route }: Message, wire: Wire): void {
    const { scheduler, broken, isGood } = this.#options;
    const id = header.msg_id;
    const entry = this.#ignored.get(id) ?? { wires: new Set(), unanswered: 0 };
    this.#ignored.set(id, entry);
    if (entry.unanswered >= LIMITS.outboxAttemptsMax) {
      broken(
        "a parked message is sent no more",
        `${route.operation} ${route.resource} (${id}) comes again`,
      );
    }
    if (entry.wires.has(wire)) return;
    entry.wires.add(wire);
    const era = this.#era;
    scheduler.after(UNANSWERED_MS, () => {
      if (era !== this.#era || !isGood(wire)) return;
      entry.unanswered++;
      if (entry.unanswered >= LIMITS.outboxAttemptsMax) this.#parked(id);
    });
  }

  /** Looks at a row of the outbox; after each commit. */
  look(row: OutboxRow): void {
    const first = this.#firstSeen.get(row.msgId) ?? this.#connections;
    this.#firstSeen.set(row.msgId, first);
    if (row.parkedAtMs === 0) return;
    // The one that was up when it came counts, too.
    const connections = this.#connections - first + 1;
    if (connections >= LIMITS.outboxAttemptsMax) return;
    this.#options.broken(
      "a message is parked after three connections",
      `${row.resource} (${row.msgId}) is parked after ${connections}`,
    );
  }

  #parked(id: string): void {
    const { durable, broken, reached } = this.#options;
    const row = durable().outbox(0, 1000).find(({ msgId }) => msgId === id);
    // It was merged into a newer one, or went with its pod.
    if (!row) return;
    if (row.parkedAtMs > 0) return reached();
    broken(
      "what three connections left unanswered is parked",
      `${row.resource} (${id}) is not`,
    );
  }
}
