import type { Connection } from "./driver.ts";
import { filesOf } from "./env.ts";
import { SystemFileSystem } from "./file_system.ts";
import { readText } from "./state.ts";

/** What one type takes. */
export interface TypeFigures {
  /** Resource type. */
  readonly type: string;
  /** Rows. */
  readonly rows: number;
  /** Bytes of their values, or of their messages. */
  readonly bytes: number;
}

/** What a store file holds and takes. */
export interface StoreFigures {
  /** Name of the node that it belongs to; empty if of none yet. */
  readonly node: string;
  /** Number of its schema. */
  readonly schema: number;
  /** Bytes of the database file. */
  readonly bytes: number;
  /** Bytes of its WAL; 0 if there is none. */
  readonly walBytes: number;
  /** Bytes of the last snapshot beside it; 0 if there is none. */
  readonly snapshotBytes: number;
  /** When that was made, milliseconds since 1970; 0 if there is none. */
  readonly snapshotAtMs: number;
  /** Bytes of a page. */
  readonly pageBytes: number;
  /** Pages. */
  readonly pages: number;
  /** Pages without content: what `store compact` gives back. */
  readonly freePages: number;
  /** Objects by type. */
  readonly objects: readonly TypeFigures[];
  /** Unconfirmed messages by type. */
  readonly outbox: readonly TypeFigures[];
  /** Those of them that are sent no more. */
  readonly outboxParked: number;
  /** When the oldest was stored, milliseconds since 1970; 0 if there is none. */
  readonly outboxOldestMs: number;
  /** Tombstones. */
  readonly tombstones: number;
  /** Modules of agents whose position is known. */
  readonly positions: number;
  /** Types that were in sync with the cloud once; `*` is all. */
  readonly synced: readonly string[];
  /** What is known not to be right; empty if nothing is. */
  readonly problem: string;
}

/** Reads all of a store to say what it holds. @throws {StoreError} */
export function figuresOf(db: Connection, path: string): StoreFigures {
  const fs = new SystemFileSystem();
  const { wal, snapshot } = filesOf(path);
  const count = (table: string) =>
    db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0;
  const copy = fs.stat(snapshot);
  const sent = db.get<{ parked: number | null; oldest: number | null }>(
    "SELECT sum(parked_at > 0) AS parked, min(created_at) AS oldest FROM outbox",
  );
  return {
    node: readText(db, "node"),
    schema: Number(db.pragma("user_version")),
    bytes: fs.stat(path)?.sizeBytes ?? 0,
    walBytes: fs.stat(wal)?.sizeBytes ?? 0,
    snapshotBytes: copy?.sizeBytes ?? 0,
    snapshotAtMs: copy?.modifiedAtMs ?? 0,
    pageBytes: Number(db.pragma("page_size")),
    pages: Number(db.pragma("page_count")),
    freePages: Number(db.pragma("freelist_count")),
    objects: db.all<TypeFigures>(
      "SELECT type, count(*) AS rows, " +
        "sum(length(CAST(value AS BLOB))) AS bytes FROM meta GROUP BY type",
    ),
    outbox: db.all<TypeFigures>(
      "SELECT type, count(*) AS rows, sum(bytes) AS bytes FROM outbox " +
        "GROUP BY type",
    ),
    outboxParked: sent?.parked ?? 0,
    outboxOldestMs: sent?.oldest ?? 0,
    tombstones: count("tombstones"),
    positions: count("positions"),
    synced: db.all<{ type: string }>("SELECT type FROM synced ORDER BY type")
      .map(({ type }) => type),
    problem: readText(db, "problem"),
  };
}
