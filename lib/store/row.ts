import { crc32 } from "node:zlib";
import type { Connection } from "./driver.ts";
import type { OutboxRow } from "./outbox_types.ts";
import type { MetaRow, MetaWrite } from "./meta_types.ts";
import type { Tombstone } from "./types.ts";

/** Columns of `meta` as `MetaRow` names them. */
export const META_COLUMNS =
  "key, type, value, uid, version, created, source, revision";
/** Columns of `tombstones` as `Tombstone` names them. */
export const TOMBSTONE_COLUMNS =
  "key, type, uid, version, source, revision, deleted_at AS deletedAtMs";
/** Columns of `outbox` as `OutboxInfo` names them. */
export const OUTBOX_INFO_COLUMNS =
  "id, msg_id AS msgId, resource, type, operation, " +
  "created_at AS createdAtMs, attempts, parked_at AS parkedAtMs, bytes";
/** Columns of `outbox` as `OutboxRow` names them. */
export const OUTBOX_COLUMNS = `${OUTBOX_INFO_COLUMNS}, text`;

/**
 * Checksum of what an object is: tells a true row from a damaged one. Signed,
 * since half of all unsigned ones would take 6 bytes instead of 4: a row that
 * keeps its size is rewritten in place, and its unchanged pages are not.
 */
export function rowSum(row: MetaWrite): number {
  const { key, type, uid, version, created, value } = row;
  const head = `${key}\0${type}\0${uid}\0${version}\0${created}\0`;
  return 0 | crc32(value, crc32(head));
}

/**
 * Inserts or replaces an object; needs an open transaction.
 *
 * @param isOfType Whether a row that has its key, if there is one, is known to
 *   have its type. @default false
 */
export function writeMeta(
  db: Connection,
  row: MetaRow,
  isOfType = false,
): void {
  const values = [
    row.uid,
    row.version,
    row.created,
    row.source,
    row.revision,
    rowSum(row),
    row.value,
    row.key,
    row.type,
  ] as const;
  // Setting `type`, even to what it is, would rewrite its index with each put.
  if (isOfType) return db.execute(UPSERT, ...values);
  const updated = db.run(
    "UPDATE meta SET uid = ?, version = ?, created = ?, source = ?, " +
      "revision = ?, sum = ?, value = ? WHERE key = ? AND type = ?",
    ...values,
  );
  if (updated === 0) db.run(`INSERT OR REPLACE ${INTO}`, ...values);
}

const INTO = "INTO meta (uid, version, created, source, revision, sum, " +
  "value, key, type) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
const UPSERT = `INSERT ${INTO} ON CONFLICT (key) DO UPDATE SET ` +
  ["uid", "version", "created", "source", "revision", "sum", "value"]
    .map((column) => `${column} = excluded.${column}`).join(", ");

/** A row of `meta` as it comes from a file that may be damaged. */
export type RawMetaRow = MetaRow & { readonly sum: number | null };

/**
 * Says what is wrong with a row; `undefined` if nothing is. A row without a
 * checksum was written by another program, so its JSON has to do.
 */
export function metaFault(row: RawMetaRow): string | undefined {
  const texts = [
    row.key,
    row.type,
    row.value,
    row.uid,
    row.version,
    row.created,
    row.source,
  ];
  if (!texts.every((text) => typeof text === "string")) return "not text";
  if (!Number.isSafeInteger(row.revision)) return "revision is not a number";
  if (row.sum !== null && row.sum !== rowSum(row)) return "checksum differs";
  if (!/^\s*[{[]/.test(row.value)) return undefined;
  try {
    JSON.parse(row.value);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

// deno-lint-ignore no-control-regex -- control characters are what it finds
const NOISE_REGEXP = /[\u0000-\u001f\u007f\ufffd]/;

/** Whether a tombstone from a damaged file can be believed. */
export function isTrueTombstone(row: Tombstone): boolean {
  return [row.key, row.type, row.uid, row.version, row.source].every(isName) &&
    row.key !== "" && isCount(row.revision) && isCount(row.deletedAtMs);
}

/** What is saved of an outbox row: what it had in every schema. */
export type SavedOutboxRow = Pick<
  OutboxRow,
  "id" | "msgId" | "resource" | "type" | "createdAtMs" | "text"
>;

/** Whether an outbox row from a damaged file can be believed. */
export function isTrueOutboxRow(row: SavedOutboxRow): boolean {
  if (![row.msgId, row.resource, row.type].every(isName)) return false;
  if (!isCount(row.id) || !isCount(row.createdAtMs)) return false;
  if (typeof row.text !== "string") return false;
  try {
    JSON.parse(row.text);
    return row.text.includes(row.msgId);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function isName(text: unknown): boolean {
  return typeof text === "string" && !NOISE_REGEXP.test(text);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
