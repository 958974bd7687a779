import { LIMITS } from "../base/mod.ts";
import type { Connection } from "./driver.ts";
import type { OutboxInfo, OutboxUse } from "./outbox_types.ts";

/** How often a message was left unanswered, and since when it is parked. */
interface Delivery {
  readonly attempts: number;
  readonly parkedAtMs: number;
}

const NONE: OutboxUse = { rows: 0, bytes: 0 };

/**
 * What the outbox holds, counted as it changes, and what is known of the
 * delivery of its messages.
 *
 * Unanswered attempts are kept in memory and written along with later commits:
 * a crash that forgets some only makes a message go out more often. Every
 * other change is logged until the commit, so that a message or a batch can
 * be undone.
 */
export class OutboxLedger {
  readonly #use = new Map<string, OutboxUse>();
  #total: OutboxUse = NONE;
  readonly #deliveries = new Map<number, Delivery>();
  readonly #dirty = new Set<number>();
  #undo: (() => void)[] = [];

  /** Reads what a file holds. */
  constructor(db: Connection) {
    const use = db.all<{ type: string } & OutboxUse>(
      "SELECT type, count(*) AS rows, sum(bytes) AS bytes FROM outbox " +
        "GROUP BY type",
    );
    for (const { type, rows, bytes } of use) this.#count(type, rows, bytes);
    const deliveries = db.all<{ id: number } & Delivery>(
      "SELECT id, attempts, parked_at AS parkedAtMs FROM outbox " +
        "WHERE attempts > 0",
    );
    for (const { id, ...delivery } of deliveries) {
      this.#deliveries.set(id, delivery);
    }
  }

  /** Rows and bytes of all messages. */
  get total(): OutboxUse {
    return this.#total;
  }

  /** Rows and bytes by type. */
  get byType(): Readonly<Record<string, OutboxUse>> {
    return Object.fromEntries(this.#use);
  }

  /** Messages that are sent no more. */
  get parked(): number {
    let count = 0;
    for (const { parkedAtMs } of this.#deliveries.values()) {
      if (parkedAtMs > 0) count++;
    }
    return count;
  }

  /** The mark to which `undo` goes back. */
  get mark(): number {
    return this.#undo.length;
  }

  /** Rows and bytes of a type. */
  use(type: string): OutboxUse {
    return this.#use.get(type) ?? NONE;
  }

  /** Counts a message that was added. */
  add(type: string, bytes: number): void {
    this.#count(type, 1, bytes);
    this.#undo.push(() => this.#count(type, -1, -bytes));
  }

  /** Counts a message that left. */
  remove(row: Pick<OutboxInfo, "id" | "type" | "bytes">): void {
    const { id, type, bytes } = row;
    this.#count(type, -1, -bytes);
    this.#undo.push(() => this.#count(type, 1, bytes));
    this.forgive(id);
  }

  /** Forgets the attempts of a message. */
  forgive(id: number): void {
    const before = this.#deliveries.get(id);
    if (!before) return;
    const wasDirty = this.#dirty.delete(id);
    this.#deliveries.delete(id);
    this.#undo.push(() => {
      this.#deliveries.set(id, before);
      if (wasDirty) this.#dirty.add(id);
    });
  }

  /**
   * Notes a connection that left a message unanswered, between batches.
   *
   * @returns Whether the message is parked now.
   */
  noteUnanswered(id: number, nowMs: number): boolean {
    const attempts = (this.#deliveries.get(id)?.attempts ?? 0) + 1;
    const parkedAtMs = attempts < LIMITS.outboxAttemptsMax ? 0 : nowMs;
    this.#deliveries.set(id, { attempts, parkedAtMs });
    this.#dirty.add(id);
    return parkedAtMs > 0;
  }

  /** The row as it is with what memory knows. */
  over<T extends OutboxInfo>(row: T): T {
    const delivery = this.#deliveries.get(row.id);
    return delivery ? { ...row, ...delivery } : row;
  }

  /** Undoes what came after a mark. */
  undo(mark: number): void {
    for (const undo of this.#undo.splice(mark).reverse()) undo();
  }

  /** Writes attempts into the open transaction; they go with `commit`. */
  write(db: Connection): void {
    for (const id of this.#dirty) {
      const { attempts, parkedAtMs } = this.#deliveries.get(id) ??
        { attempts: 0, parkedAtMs: 0 };
      db.run(
        "UPDATE outbox SET attempts = ?, parked_at = ? WHERE id = ?",
        attempts,
        parkedAtMs,
        id,
      );
    }
  }

  /** Notes how a transaction ended well: `written` if `write` was part of it. */
  commit(written: boolean): void {
    if (this.#undo.length > 0) this.#undo = [];
    // To clear a set costs a new table each time, also if it is empty.
    if (written && this.#dirty.size > 0) this.#dirty.clear();
  }

  #count(type: string, rows: number, bytes: number): void {
    const use = sum(this.use(type), rows, bytes);
    if (use.rows > 0) this.#use.set(type, use);
    else this.#use.delete(type);
    this.#total = sum(this.#total, rows, bytes);
  }
}

function sum(use: OutboxUse, rows: number, bytes: number): OutboxUse {
  return { rows: use.rows + rows, bytes: use.bytes + bytes };
}
