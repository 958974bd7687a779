import { compareVersions } from "../message/mod.ts";
import type { Connection } from "./driver.ts";
import { StoreError } from "./errors.ts";
import {
  isTrueOutboxRow,
  isTrueTombstone,
  META_COLUMNS,
  metaFault,
  type RawMetaRow,
  type SavedOutboxRow,
  TOMBSTONE_COLUMNS,
  writeMeta,
} from "./row.ts";
import type { MetaRow } from "./meta_types.ts";
import type { Tombstone } from "./types.ts";

/** What a salvage brought over. */
export interface Salvaged {
  /** Objects read from the damaged file. */
  readonly objects: number;
  /** Rows that were there but not true. */
  readonly rejected: number;
  /** Whether every row of the table could be read. */
  readonly complete: boolean;
}

/**
 * Copies the rows that can be read from a damaged file over those that a
 * snapshot gave. Of one object the higher version wins, of two objects under
 * one key the salvaged one. Needs an open transaction on `target`.
 */
export function salvage(source: Connection, target: Connection): Salvaged {
  const seen = new Set<string>();
  let rejected = 0;
  const meta = new RowSource(source, "meta", `${META_COLUMNS}, sum`);
  for (const row of meta.rows<RawMetaRow>()) {
    if (metaFault(row) !== undefined) {
      rejected++;
      continue;
    }
    seen.add(row.key);
    keepNewer(target, row);
  }
  const complete = meta.complete && rejected === 0;
  if (complete) removeUnseen(target, seen);
  const tombstones = new RowSource(source, "tombstones", TOMBSTONE_COLUMNS);
  for (const row of tombstones.rows<Tombstone>()) {
    if (isTrueTombstone(row)) keepTombstone(target, row);
  }
  salvageOutbox(source, target);
  return { objects: seen.size, rejected, complete };
}

/** The damaged file was not migrated: only what every schema has. */
const SAVED_OUTBOX_COLUMNS =
  "id, msg_id AS msgId, resource, type, text, created_at AS createdAtMs";

/** Rows read at a time where nothing is damaged. */
const CHUNK = 64;

/** The rows of one table of a damaged file, as many as can be read. */
export class RowSource {
  /** Whether no row was passed over. */
  complete = true;
  readonly #db: Connection;
  readonly #select: string;

  /** Reads nothing yet. @param columns Names of SQL, with commas. */
  constructor(db: Connection, table: string, columns: string) {
    this.#db = db;
    this.#select = `SELECT rowid AS at, ${columns} FROM ${table} WHERE rowid`;
  }

  /** From the front to the damage, from the back to it, then what lies between. */
  *rows<T extends object>(): Generator<T> {
    const front = yield* this.#walk<T>("> ? ORDER BY rowid", -1);
    if (front.done) return;
    this.complete = false;
    const back = yield* this.#walk<T>(
      `> ${front.at} AND rowid < ? ORDER BY rowid DESC`,
      Number.MAX_SAFE_INTEGER,
    );
    let step = 1;
    for (let at = front.at + step; at < back.at; at += step) {
      const part = yield* this.#walk<T>(
        `> ? AND rowid < ${back.at} ORDER BY rowid`,
        at,
      );
      if (part.done) return;
      // A spot with rows behind it is near its end: feel the way again.
      step = part.at > at ? 1 : step * 2;
      at = part.at;
    }
  }

  /** Reads a range up to the first row that cannot be read. */
  *#walk<T extends object>(
    range: string,
    from: number,
  ): Generator<T, { at: number; done: boolean }> {
    const sql = `${this.#select} ${range} LIMIT ?`;
    let at = from;
    for (let chunk = CHUNK;;) {
      const rows = this.#read<T & { at: number }>(sql, at, chunk);
      if (!rows && chunk === 1) return { at, done: false };
      if (!rows) {
        chunk = 1;
        continue;
      }
      yield* rows;
      const last = rows.at(-1);
      if (!last || rows.length < chunk) return { at, done: true };
      at = last.at;
    }
  }

  #read<T extends object>(
    sql: string,
    at: number,
    limit: number,
  ): T[] | undefined {
    try {
      return this.#db.all<T>(sql, at, limit);
    } catch (error) {
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  }
}

function keepNewer(db: Connection, row: MetaRow): void {
  const known = db.get<{ uid: string; version: string }>(
    "SELECT uid, version FROM meta WHERE key = ?",
    row.key,
  );
  const isOlder = known?.uid === row.uid &&
    compareVersions(row.version, known.version) < 0;
  if (isOlder) return;
  writeMeta(db, row);
}

/** The table was read whole: what it does not have was deleted since. */
function removeUnseen(db: Connection, seen: ReadonlySet<string>): void {
  for (const { key } of db.all<{ key: string }>("SELECT key FROM meta")) {
    if (!seen.has(key)) db.run("DELETE FROM meta WHERE key = ?", key);
  }
}

function keepTombstone(db: Connection, row: Tombstone): void {
  db.run(
    "INSERT OR REPLACE INTO tombstones (revision, key, type, uid, version, " +
      "source, deleted_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    row.revision,
    row.key,
    row.type,
    row.uid,
    row.version,
    row.source,
    row.deletedAtMs,
  );
  // The snapshot may still have what was deleted after it.
  db.run(
    "DELETE FROM meta WHERE key = ? AND uid = ? AND revision < ?",
    row.key,
    row.uid,
    row.revision,
  );
}

/**
 * What a snapshot has and the file does not was confirmed since, so it stays
 * only if not all of the file could be read.
 */
function salvageOutbox(source: Connection, target: Connection): void {
  const outbox = new RowSource(source, "outbox", SAVED_OUTBOX_COLUMNS);
  const seen = new Set<string>();
  let isWhole = true;
  for (const row of outbox.rows<SavedOutboxRow>()) {
    if (isTrueOutboxRow(row)) {
      seen.add(row.msgId);
      keepOutboxRow(target, row);
    } else isWhole = false;
  }
  if (outbox.complete && isWhole) {
    const known = target.all<{ id: number; msgId: string }>(
      "SELECT id, msg_id AS msgId FROM outbox",
    );
    for (const { id, msgId } of known) {
      if (!seen.has(msgId)) target.run("DELETE FROM outbox WHERE id = ?", id);
    }
    return;
  }
  // As in life an update takes the place of the one right before it.
  target.run(
    "DELETE FROM outbox WHERE operation = 'update' AND 'update' = " +
      "(SELECT next.operation FROM outbox AS next WHERE " +
      "next.resource = outbox.resource AND next.id > outbox.id " +
      "ORDER BY next.id LIMIT 1)",
  );
}

/**
 * What is known of its delivery stays behind: it is sent once more. Ids begin
 * anew when the outbox was empty at a start, so one of the snapshot's may be
 * that of another message, which is not in the file any more.
 */
function keepOutboxRow(db: Connection, row: SavedOutboxRow): void {
  db.run(
    "INSERT OR REPLACE INTO outbox (id, msg_id, resource, type, created_at, " +
      "text, operation, bytes) VALUES (?, ?, ?, ?, ?, ?, " +
      "coalesce(json_extract(?6, '$.route.operation'), ''), " +
      "length(CAST(?6 AS BLOB)))",
    row.id,
    row.msgId,
    row.resource,
    row.type,
    row.createdAtMs,
    row.text,
  );
}
