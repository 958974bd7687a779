import { DatabaseSync } from "node:sqlite";
import { isRecord } from "../../lib/base/mod.ts";

/** An object as it lies in the file. */
export interface ImageRow {
  /** Its key. */
  readonly key: string;
  /** Its uid. */
  readonly uid: string;
  /** Its version. */
  readonly version: string;
  /** Its JSON. */
  readonly value: string;
}

/** A message of the outbox as it lies in the file. */
export interface ImageMessage {
  /** What it is about. */
  readonly resource: string;
  /** Its JSON. */
  readonly text: string;
}

/** What the cloud counts as acknowledged: version `0` is nothing yet. */
export interface AckedNote {
  /** Namespace of the object. */
  readonly namespace: string;
  /** Its type. */
  readonly type: string;
  /** Its name. */
  readonly name: string;
  /** Its uid. */
  readonly uid: string;
  /** The version. */
  readonly version: string;
}

/**
 * What a store's file holds, read by a connection of its own and without any
 * code of the store, which would mend what it finds.
 */
export class StoreImage {
  /** What SQLite's check of the whole file says; `ok` if it is whole. */
  readonly integrity: string;
  /** Objects by key. */
  readonly rows: ReadonlyMap<string, ImageRow>;
  /** Uids of deleted objects that are remembered, as `key uid`. */
  readonly tombstones: ReadonlySet<string>;
  /** What waits for the cloud. */
  readonly outbox: readonly ImageMessage[];

  /** Reads a copy: opening it brings its WAL into the file. */
  constructor(path: string) {
    const db = new DatabaseSync(path);
    try {
      const all = <T>(sql: string) => db.prepare(sql).all() as unknown as T[];
      const [verdict] = all<{ integrity_check: string }>(
        "PRAGMA integrity_check(1)",
      );
      this.integrity = verdict?.integrity_check ?? "nothing";
      const hasTables = all("SELECT 1 FROM sqlite_schema WHERE name = 'meta'");
      const read = <T>(sql: string) => hasTables.length > 0 ? all<T>(sql) : [];
      this.rows = new Map(
        read<ImageRow>("SELECT key, uid, version, value FROM meta")
          .map((row) => [row.key, row]),
      );
      this.tombstones = new Set(
        read<{ key: string; uid: string }>("SELECT key, uid FROM tombstones")
          .map(({ key, uid }) => `${key} ${uid}`),
      );
      this.outbox = read<ImageMessage>("SELECT resource, text FROM outbox");
    } finally {
      db.close();
    }
  }

  /**
   * What was acknowledged to the cloud and is not there, a line for each.
   *
   * @param notes What was acknowledged before the copy was made.
   * @param later What is noted after it, if the cloud went on: an object that
   *   is not noted at either time was deleted, and that was acknowledged.
   */
  lacks(
    notes: readonly AckedNote[],
    later: readonly AckedNote[] = [],
  ): string[] {
    const missing: string[] = [];
    for (const { uid, version, namespace, type, name } of notes) {
      if (version === "0") continue;
      const key = `${namespace}/${type}/${name}`;
      const row = this.rows.get(key);
      const isThere = row?.uid === uid
        ? BigInt(row.version) >= BigInt(version)
        : this.tombstones.has(`${key} ${uid}`);
      if (!isThere) missing.push(`${key} ${uid} ${version}`);
    }
    // A delete that was acked took its note along.
    const noted = new Set([...notes, ...later].map(({ uid }) => uid));
    for (const { key, uid } of this.rows.values()) {
      const isPod = key.split("/")[1] === "pod";
      if (isPod && !noted.has(uid)) missing.push(`delete of ${key} ${uid}`);
    }
    return missing;
  }

  /** Rounds of the statuses that wait for the cloud, by uid of the pod. */
  reports(): Map<string, number> {
    const rounds = new Map<string, number>();
    for (const { text } of this.outbox) {
      const report = reportOf(JSON.parse(text).content);
      if (!report) continue;
      const known = rounds.get(report.uid) ?? 0;
      rounds.set(report.uid, Math.max(known, report.round));
    }
    return rounds;
  }
}

/** Uid and number of a pod status as tests report it: `{ round }`. */
export function reportOf(
  content: unknown,
): { uid: string; round: number } | undefined {
  if (!isRecord(content) || !isRecord(content.Status)) return undefined;
  const { UID: uid, Status: { round } } = content;
  if (typeof uid !== "string" || typeof round !== "number") return undefined;
  return { uid, round };
}
