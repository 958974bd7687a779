import { compareVersions } from "../message/mod.ts";
import type { Connection } from "./driver.ts";
import type { Session, StoreEnv } from "./env.ts";
import { Reader } from "./reader.ts";
import { writeMeta } from "./row.ts";
import { writeState } from "./state.ts";
import type { OutboxEntry, OutboxInfo, OutboxUse } from "./outbox_types.ts";
import type { MetaWrite } from "./meta_types.ts";
import type { FactName, StoreTransaction } from "./types.ts";

/** Runs a write within the batch's SQLite transaction, which it may begin. */
export type WriteGate = <T>(run: (db: Connection) => T) => T;

/** What operations may do to the store: reads, and writes through the gate. */
export class Transaction extends Reader implements StoreTransaction {
  readonly #env: StoreEnv;
  readonly #session: Session;
  readonly #write: WriteGate;

  /** @param gate Owned by the batch. */
  constructor(env: StoreEnv, session: Session, gate: WriteGate) {
    super(() => session);
    this.#env = env;
    this.#session = session;
    this.#write = gate;
  }

  /** Inserts or replaces an object. @returns Its new revision. */
  put(row: MetaWrite): number {
    this.#env.reserve.admit();
    return this.#write((db) => {
      const revision = this.#session.revisions.next(db);
      const { heads, raised } = this.#session;
      const known = heads.get(row.key);
      writeMeta(db, { ...row, revision }, known?.type === row.type);
      raised.delete(row.key);
      heads.set(row, known);
      return revision;
    });
  }

  /** Raises the version of a stored object whose content is the same. */
  raise(key: string, version: string, value: string): void {
    this.#session.raised.set(key, { version, value });
    this.#session.heads.raise(key, version);
  }

  /** Removes an object and leaves a tombstone; `undefined` if there was none. */
  remove(key: string, version = ""): number | undefined {
    const row = this.get(key);
    if (!row) return undefined;
    const highest = compareVersions(version, row.version) > 0
      ? version
      : row.version;
    return this.#write((db) => {
      const revision = this.#session.revisions.next(db);
      db.run("DELETE FROM meta WHERE key = ?", key);
      db.run(
        "INSERT INTO tombstones (revision, key, type, uid, version, source, " +
          "deleted_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        revision,
        key,
        row.type,
        row.uid,
        highest,
        row.source,
        this.#session.running.nowMs,
      );
      this.#session.raised.delete(key);
      this.#session.heads.delete(key);
      this.#session.tombstones.noteWritten();
      return revision;
    });
  }

  /** Removes an object that no agent was told of: no tombstone, no revision. */
  drop(key: string): boolean {
    if (!this.get(key)) return false;
    return this.#write((db) => {
      this.#session.raised.delete(key);
      this.#session.heads.delete(key);
      return db.run("DELETE FROM meta WHERE key = ?", key) > 0;
    });
  }

  /** Adds a message to the outbox; one whose id is there already is left. */
  enqueue(entry: OutboxEntry): void {
    this.#env.reserve.admit();
    const bytes = new TextEncoder().encode(entry.text).length;
    this.#write((db) => {
      const added = db.run(
        "INSERT INTO outbox (id, msg_id, resource, type, operation, " +
          "created_at, bytes, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?) " +
          "ON CONFLICT (msg_id) DO NOTHING",
        this.#session.outboxIds.next(),
        entry.msgId,
        entry.resource,
        entry.type,
        entry.operation,
        entry.createdAtMs,
        bytes,
        entry.text,
      );
      if (added > 0) this.#session.outbox.add(entry.type, bytes);
    });
  }

  /** Removes a confirmed message; `false` if it was not there. */
  confirm(msgId: string): boolean {
    return this.#dropRows("msg_id = ?", msgId) > 0;
  }

  /** Removes one message from the outbox; `false` if it was not there. */
  dropOutboxRow(id: number): boolean {
    return this.#dropRows("id = ?", id) > 0;
  }

  /** Removes every message about a resource. @returns How many went. */
  dropOutbox(resource: string): number {
    return this.#dropRows("resource = ?", resource);
  }

  /** Sends a parked message again; `false` if it was not there. */
  unpark(id: number): boolean {
    if (!this.outboxRow(id)) return false;
    return this.#write((db) => {
      this.#session.outbox.forgive(id);
      return db.run(
        "UPDATE outbox SET attempts = 0, parked_at = 0 WHERE id = ?",
        id,
      ) > 0;
    });
  }

  /** Notes that a type, or with `*` every type, is in sync with the cloud. */
  markSynced(type: string): void {
    if (this.isSynced(type)) return;
    this.#write((db) => {
      db.run(
        "INSERT INTO synced (type, at) VALUES (?, ?)",
        type,
        this.#env.clock.now(),
      );
      // In sync with everything: what a repair could not save is here again.
      if (type === "*") {
        writeState(db, "problem", "");
        writeState(db, "node_at_loss", "");
      }
    });
  }

  /** Notes something of the store as a whole; empty forgets it. */
  noteFact(name: FactName, value: string): void {
    this.#write((db) => writeState(db, name, value));
  }

  /** Writes a little that means nothing, to see whether the store takes it. */
  probe(): void {
    this.#env.reserve.admit();
    this.#write((db) => writeState(db, "probe", this.#env.clock.now()));
  }

  /** Notes that the cloud is owed a report of all pods. @returns Its mark. */
  oweReport(): number {
    const mark = Math.max(1, this.revision());
    this.#write((db) => writeState(db, "report", mark));
    return mark;
  }

  /** Notes that the report owed since a loss was sent; since another it stays. */
  settleReport(mark: number): void {
    if (mark === 0 || this.reportOwed() !== mark) return;
    this.#write((db) => writeState(db, "report", 0));
  }

  /** Removes the oldest outbox rows of a type beyond a bound, never the newest. */
  trimOutbox(type: string, keep: OutboxUse): number {
    let count = 0;
    for (;;) {
      const { rows, bytes } = this.outboxUse(type);
      if (rows <= 1 || (rows <= keep.rows && bytes <= keep.bytes)) return count;
      const went = this.#dropRows(
        "id = (SELECT min(id) FROM outbox WHERE type = ?)",
        type,
      );
      if (went === 0) return count;
      count += went;
    }
  }

  /** Removes the rows of which a condition is true. */
  #dropRows(where: string, value: string | number): number {
    const { db, outbox } = this.#session;
    const rows = db.all<Pick<OutboxInfo, "id" | "type" | "bytes">>(
      `SELECT id, type, bytes FROM outbox WHERE ${where}`,
      value,
    );
    for (const row of rows) {
      this.#write((db) => {
        db.run("DELETE FROM outbox WHERE id = ?", row.id);
        outbox.remove(row);
      });
    }
    return rows.length;
  }
}
