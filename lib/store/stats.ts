import { filesOf, type Session, type StoreEnv } from "./env.ts";
import type { StoreStats } from "./types.ts";

/** Counts what a store holds. */
export function statsOf(env: StoreEnv, session: Session): StoreStats {
  const { db, objects, outbox, revisions } = session;
  const oldestMs = db.get<{ at: number | null }>(
    "SELECT min(created_at) AS at FROM outbox",
  )?.at ?? 0;
  const tombstones = db.get<{ n: number }>(
    "SELECT count(*) AS n FROM tombstones",
  );
  return {
    objects: objects.read(db, revisions.last),
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
