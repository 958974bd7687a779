import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../base/mod.ts";
import { ResourceType } from "../message/mod.ts";
import type { Store, StoreStats } from "../store/mod.ts";
import type { GaugeSamples, Metrics } from "../telemetry/mod.ts";

/** What the figures of a store are read from. */
export interface StoreGaugeSources {
  /** The store. */
  readonly store: Store;
  /** Path of its file. */
  readonly path: string;
  /** Tells the age of what waits. */
  readonly clock: Clock;
}

/** Types that have a sample of their own; a peer may make up others. */
const TYPES: ReadonlySet<string> = new Set(Object.values(ResourceType));
/** For how long counting all rows serves, since several figures want it. */
const STATS_MS = 1000;

/** Registers the gauges of the store and its outbox, but for the cheap ones. */
export function registerStoreGauges(
  metrics: Metrics,
  sources: StoreGaugeSources,
): void {
  const { store, clock, path } = sources;
  const stats = statsReader(store, clock);
  metrics.gauge(
    "metamanager_store_bytes",
    "Bytes of the database and its write-ahead log",
    () => stats().bytes,
  );
  metrics.gaugeFamily("metamanager_store_objects", {
    help: "Objects stored, by resource type; those of unknown types: other",
    labels: ["type"],
    read: () => byType(Object.entries(stats().objects)),
  });
  metrics.gauge(
    "metamanager_store_tombstones",
    "Deletes that agents may have missed",
    () => stats().tombstones,
  );
  metrics.gauge(
    "metamanager_store_disk_free_bytes",
    "Bytes that the node may still write where its store lies",
    () => {
      const { bavail, bsize } = statfsSync(dirname(path));
      return bavail * bsize;
    },
  );
  metrics.gaugeFamily("metamanager_outbox_type_messages", {
    help: "Messages that the cloud has not confirmed, by resource type",
    labels: ["type"],
    read: () =>
      byType(
        Object.entries(store.outboxByType()).map(([type, { rows }]) =>
          [type, rows] as const
        ),
      ),
  });
  metrics.gauge(
    "metamanager_outbox_age_seconds",
    "Age of the oldest message that the cloud has not confirmed",
    () => {
      const oldestMs = store.outboxOldestMs();
      return oldestMs === 0 ? 0 : Math.max(0, clock.now() - oldestMs) / 1000;
    },
  );
}

/** Samples of a bounded number, whatever the peers call what they store. */
function byType(counts: readonly (readonly [string, number])[]): GaugeSamples {
  const sums = new Map<string, number>();
  for (const [type, count] of counts) {
    const name = TYPES.has(type) ? type : "other";
    sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return [...sums].map(([type, count]) => [[type], count] as const);
}

function statsReader(store: Store, clock: Clock): () => StoreStats {
  let last: { readonly stats: StoreStats; readonly atMs: number } | undefined;
  return () => {
    const nowMs = clock.monotonic();
    if (!last || nowMs - last.atMs >= STATS_MS) {
      last = { stats: store.stats(), atMs: nowMs };
    }
    return last.stats;
  };
}
