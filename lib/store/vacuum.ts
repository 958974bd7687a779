import type { Connection } from "./driver.ts";

/** Free pages that a file may keep for what comes next: 1 MiB. */
const FREE_PAGES_MAX = 256;
/** Pages given back per commit, a few milliseconds of work. */
const SLICE_PAGES = 64;

/**
 * Gives a slice of free pages back to the file system, so that the file
 * follows its contents down (failures.md E5); needs an open transaction.
 */
export function vacuumSlice(db: Connection): void {
  const free = Number(db.pragma("freelist_count"));
  if (free <= FREE_PAGES_MAX) return;
  // A quarter free is room to breathe, more is waste.
  if (free * 4 < Number(db.pragma("page_count"))) return;
  db.all(`PRAGMA incremental_vacuum(${SLICE_PAGES})`);
}
