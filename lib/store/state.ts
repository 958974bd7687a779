import type { Connection } from "./driver.ts";

/**
 * Facts about the file as a whole: the ceiling of revisions, the highest
 * revision whose tombstone was pruned, why it is not what it should be, the
 * loss after which a report is owed to the cloud, when it was last probed, how
 * long the node has run with it, its
 * identity, the Node whose store was lost or is younger than it, the node and
 * the authority that it belongs to.
 */
export type StateName =
  | "revision"
  | "pruned"
  | "problem"
  | "report"
  | "probe"
  | "running"
  | "identity"
  | "node_at_loss"
  | "node_before_store"
  | "node"
  | "authority";

/** Text of a fact; empty if it was never written. */
export function readText(db: Connection, name: StateName): string {
  const row = db.get<{ value: string | number | null }>(
    "SELECT value FROM state WHERE name = ?",
    name,
  );
  return String(row?.value ?? "");
}

/** Number of a fact; 0 if it was never written. */
export function readNumber(db: Connection, name: StateName): number {
  const value = Number(readText(db, name));
  return Number.isSafeInteger(value) ? value : 0;
}

/** Writes a fact. */
export function writeState(
  db: Connection,
  name: StateName,
  value: string | number,
): void {
  db.run(
    "INSERT INTO state (name, value) VALUES (?, ?) " +
      "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    name,
    value,
  );
}
