import { filesOf, type Session, type StoreEnv } from "./env.ts";
import type { StoreStats } from "./types.ts";

/** Counts what a store holds. */
export function statsOf(env: StoreEnv, session: Session): StoreStats {
  const { db, outbox, revisions } = session;
  const objects: Record<string, number> = {};
  const types = db.all<{ type: string; n: number }>(
    "SELECT type, count(*) AS n FROM meta GROUP BY type",
  );
  for (const { type, n } of types) objects[type] = n;
  const oldestMs = db.get<{ at: number | null }>(
    "SELECT min(created_at) AS at FROM outbox",
  )?.at ?? 0;
  const tombstones = db.get<{ n: number }>(
    "SELECT count(*) AS n FROM tombstones",
  );
  return {
    objects,
    bytes: sizeBytes(env),
    outbox: outbox.total.rows,
    outboxBytes: outbox.total.bytes,
    outboxByType: outbox.byType,
    outboxParked: outbox.parked,
    outboxAgeMs: oldestMs === 0 ? 0 : Math.max(0, env.clock.now() - oldestMs),
    tombstones: tombstones?.n ?? 0,
    revision: revisions.last,
  };
}

function sizeBytes({ path, fs }: StoreEnv): number {
  return (fs.stat(path)?.sizeBytes ?? 0) +
    (fs.stat(filesOf(path).wal)?.sizeBytes ?? 0);
}
