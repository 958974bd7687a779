import { parseResource } from "../message/mod.ts";
import type { Connection } from "./driver.ts";
import { StoreError } from "./errors.ts";
import {
  isTrueOutboxRow,
  META_COLUMNS,
  metaFault,
  OUTBOX_COLUMNS,
  type RawMetaRow,
} from "./row.ts";
import { RowSource } from "./salvage.ts";
import { readNumber, readText } from "./state.ts";
import type { OutboxRow } from "./outbox_types.ts";

/** What a check found. */
export interface CheckReport {
  /** Objects that were looked at. */
  readonly objects: number;
  /** Those that are not what was written, at most {@link LISTED_MAX}. */
  readonly bad: readonly { readonly key: string; readonly reason: string }[];
  /** How many of them there are. */
  readonly badCount: number;
  /** What else is wrong; none if the store is whole. */
  readonly problems: readonly string[];
  /** What the store says of itself: a loss in the past; may be empty. */
  readonly note: string;
}

/** Told how far a long work is: from 0 to 1. */
export type Progress = (done: number, what: string) => void;

/** Damaged rows that are named. */
export const LISTED_MAX = 20;
/** Rows read at a time, and objects between two marks of progress. */
const STEP = 500;
/** Lines of SQLite's own check. */
const MESSAGES_MAX = 20;

/**
 * Checks a store whole: its pages and indexes, every object against its
 * checksum, and what the node relies on beyond that.
 */
export function checkDatabase(
  db: Connection,
  onProgress: Progress = () => {},
): CheckReport {
  onProgress(0, "pages");
  const problems = pageProblems(db);
  const rows = checkRows(db, onProgress);
  for (const ask of [...INVARIANTS, outboxProblem]) {
    const problem = guarded(() => ask(db));
    if (problem) problems.push(problem);
  }
  onProgress(1, "done");
  const note = guarded(() => readText(db, "problem"));
  return { ...rows, problems, note };
}

/** What SQLite finds: pages, indexes, constraints. */
function pageProblems(db: Connection): string[] {
  try {
    const found = db.all<Record<string, unknown>>(
      `PRAGMA integrity_check(${MESSAGES_MAX})`,
    ).flatMap((row) => String(Object.values(row)[0]).split("\n"));
    return found.join() === "ok" ? [] : found;
  } catch (error) {
    if (error instanceof StoreError) return [error.message];
    throw error;
  }
}

/** By the table itself: a damaged index loses no object. */
function checkRows(db: Connection, onProgress: Progress) {
  const total = countOf(db);
  const bad: { key: string; reason: string }[] = [];
  let badCount = 0;
  let objects = 0;
  const source = new RowSource(db, "meta", `${META_COLUMNS}, sum`);
  for (const row of source.rows<RawMetaRow>()) {
    if (objects++ % STEP === 0) {
      onProgress(Math.min(1, objects / Math.max(1, total)), "objects");
    }
    const reason = metaFault(row);
    if (reason === undefined) continue;
    badCount++;
    if (bad.length < LISTED_MAX) bad.push({ key: String(row.key), reason });
  }
  // How many were on pages that cannot be read the index knows, if any does.
  const unread = Math.max(source.complete ? 0 : 1, total - objects);
  return { objects: objects + unread, bad, badCount: badCount + unread };
}

function countOf(db: Connection): number {
  try {
    return db.get<{ n: number }>("SELECT count(*) AS n FROM meta")?.n ?? 0;
  } catch (error) {
    if (error instanceof StoreError) return 0;
    throw error;
  }
}

const INVARIANTS: readonly ((db: Connection) => string)[] = [
  (db) => {
    const ceiling = readNumber(db, "revision");
    const n = db.get<{ n: number }>(
      "SELECT (SELECT count(*) FROM meta WHERE revision > ?1) + " +
        "(SELECT count(*) FROM tombstones WHERE revision > ?1) AS n",
      ceiling,
    )?.n ?? 0;
    return n > 0 ? `${n} rows are of revisions that were never given` : "";
  },
  (db) => {
    const n = db.get<{ n: number }>(
      "SELECT count(*) AS n FROM tombstones AS t JOIN meta AS m " +
        "ON m.key = t.key AND m.uid = t.uid WHERE m.revision < t.revision",
    )?.n ?? 0;
    return n > 0 ? `${n} objects are there although they were deleted` : "";
  },
  (db) => {
    let n = 0;
    for (let after = "";;) {
      const rows = db.all<{ key: string; type: string }>(
        "SELECT key, type FROM meta WHERE key > ? ORDER BY key LIMIT ?",
        after,
        STEP,
      );
      n += rows.filter(({ key, type }) => {
        const resource = parseResource(key);
        return resource !== undefined && resource.resType !== type;
      }).length;
      const last = rows.at(-1);
      if (!last || rows.length < STEP) break;
      after = last.key;
    }
    return n > 0 ? `${n} objects lie under the key of another type` : "";
  },
];

function outboxProblem(db: Connection): string {
  let n = 0;
  for (let after = 0;;) {
    const rows = db.all<OutboxRow>(
      `SELECT ${OUTBOX_COLUMNS} FROM outbox WHERE id > ? ORDER BY id LIMIT ?`,
      after,
      STEP,
    );
    n += rows.filter((row) => !isTrueOutboxRow(row)).length;
    const last = rows.at(-1);
    if (!last || rows.length < STEP) break;
    after = last.id;
  }
  return n > 0 ? `${n} messages of the outbox cannot be read` : "";
}

/** What cannot be asked is a problem, not the end of the check. */
function guarded(ask: () => string): string {
  try {
    return ask();
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
}
