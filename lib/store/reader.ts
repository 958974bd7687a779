import { ChangeList } from "./change_list.ts";
import type { Session } from "./env.ts";
import {
  META_COLUMNS,
  OUTBOX_COLUMNS,
  OUTBOX_INFO_COLUMNS,
  TOMBSTONE_COLUMNS,
} from "./row.ts";
import { readNumber, readText } from "./state.ts";
import type { OutboxInfo, OutboxRow, OutboxUse } from "./outbox_types.ts";
import type { MetaHead, MetaRow } from "./meta_types.ts";
import type { Changes, FactName, StoreReader, Tombstone } from "./types.ts";

/** Reads the open database file, with raised versions laid over it. */
export class Reader implements StoreReader {
  readonly #open: () => Session;

  /** @param open The file that is open now. */
  constructor(open: () => Session) {
    this.#open = open;
  }

  /** The object under a key. */
  get(key: string): MetaRow | undefined {
    const row = this.#open().db.get<MetaRow>(
      `SELECT ${META_COLUMNS} FROM meta WHERE key = ?`,
      key,
    );
    return row && this.#open().raised.over(row);
  }

  /** What the object under a key is. */
  head(key: string): MetaHead | undefined {
    return this.#open().heads.get(key) ?? this.get(key);
  }

  /** Objects of a type in the order of their keys, of one namespace or of all. */
  list(type: string, namespace?: string): MetaRow[] {
    const { db, raised } = this.#open();
    const select = `SELECT ${META_COLUMNS} FROM meta WHERE type = ?`;
    const rows = namespace === undefined
      ? db.all<MetaRow>(`${select} ORDER BY key`, type)
      // The character after "/" is "0": the range is all keys with the prefix.
      : db.all<MetaRow>(
        `${select} AND key >= ? AND key < ? ORDER BY key`,
        type,
        `${namespace}/`,
        `${namespace}0`,
      );
    return raised.size === 0 ? rows : rows.map((row) => raised.over(row));
  }

  /** Objects of a type after a key, in the order of their keys. */
  page(type: string, afterKey: string, limit: number): MetaRow[] {
    const { db, raised } = this.#open();
    return db.all<MetaRow>(
      `SELECT ${META_COLUMNS} FROM meta WHERE type = ? AND key > ? ` +
        "ORDER BY key LIMIT ?",
      type,
      afterKey,
      limit,
    ).map((row) => raised.over(row));
  }

  /** What is noted of the store as a whole; empty if nothing is. */
  fact(name: FactName): string {
    return readText(this.#open().db, name);
  }

  /** The newest tombstone of a key, and if a uid is given of that object. */
  tombstone(key: string, uid = ""): Tombstone | undefined {
    return this.#open().db.get<Tombstone>(
      `SELECT ${TOMBSTONE_COLUMNS} FROM tombstones ` +
        "WHERE key = ? AND (? = '' OR uid = ?) ORDER BY revision DESC LIMIT 1",
      key,
      uid,
      uid,
    );
  }

  /** Whether the store has ever been in sync with the cloud for this type. */
  isSynced(type: string): boolean {
    return this.#open().db.get(
      "SELECT 1 AS yes FROM synced WHERE type IN (?, '*') LIMIT 1",
      type,
    ) !== undefined;
  }

  /** Revision of the last change. */
  revision(): number {
    return this.#open().revisions.last;
  }

  /** How long the node has run with this store, in milliseconds. */
  runningMs(): number {
    return this.#open().running.nowMs;
  }

  /** Changes above a revision; 0 means everything. */
  changesSince(revision: number): Changes {
    const { db } = this.#open();
    const until = this.revision();
    const complete = revision <= until && revision >= readNumber(db, "pruned");
    if (revision === until) return { changes: [], complete, until };
    const above = complete ? revision : 0;
    const changes = new ChangeList(db, above);
    return { changes, complete, until };
  }

  /** Revision up to which a module was handed everything; 0 if never noted. */
  position(module: string): number {
    return this.#open().positions.get(module);
  }

  /** Unconfirmed messages with an id above `afterId`, oldest first. */
  outbox(afterId: number, limit: number): OutboxRow[] {
    const { db, outbox } = this.#open();
    return db.all<OutboxRow>(
      `SELECT ${OUTBOX_COLUMNS} FROM outbox WHERE id > ? ORDER BY id LIMIT ?`,
      afterId,
      limit,
    ).map((row) => outbox.over(row));
  }

  /** The same without their texts, all of them. */
  outboxInfo(afterId: number): OutboxInfo[] {
    const { db, outbox } = this.#open();
    return db.all<OutboxInfo>(
      `SELECT ${OUTBOX_INFO_COLUMNS} FROM outbox WHERE id > ? ORDER BY id`,
      afterId,
    ).map((row) => outbox.over(row));
  }

  /** One unconfirmed message. */
  outboxRow(id: number): OutboxRow | undefined {
    const { db, outbox } = this.#open();
    const row = db.get<OutboxRow>(
      `SELECT ${OUTBOX_COLUMNS} FROM outbox WHERE id = ?`,
      id,
    );
    return row && outbox.over(row);
  }

  /** The newest unconfirmed message about a resource. */
  outboxLast(resource: string): OutboxRow | undefined {
    const { db, outbox } = this.#open();
    const row = db.get<OutboxRow>(
      `SELECT ${OUTBOX_COLUMNS} FROM outbox WHERE resource = ? ` +
        "ORDER BY id DESC LIMIT 1",
      resource,
    );
    return row && outbox.over(row);
  }

  /** Mark of the loss after which a report is owed to the cloud; 0 if none. */
  reportOwed(): number {
    return readNumber(this.#open().db, "report");
  }

  /** Number of unconfirmed messages. */
  outboxLength(): number {
    return this.outboxUse().rows;
  }

  /** When the oldest unconfirmed message was stored; 0 if there is none. */
  outboxOldestMs(): number {
    return this.#open().db.get<{ at: number | null }>(
      "SELECT min(created_at) AS at FROM outbox",
    )?.at ?? 0;
  }

  /** Number of messages that are sent no more. */
  outboxParked(): number {
    return this.#open().outbox.parked;
  }

  /** What unconfirmed messages take, by type. */
  outboxByType(): Readonly<Record<string, OutboxUse>> {
    return this.#open().outbox.byType;
  }

  /** What unconfirmed messages take, of a type or of all. */
  outboxUse(type?: string): OutboxUse {
    const { outbox } = this.#open();
    return type === undefined ? outbox.total : outbox.use(type);
  }
}
