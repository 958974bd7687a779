import type { Outcome } from "../operations/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import type { Item } from "./item.ts";

/**
 * Notes in the store that the link took all of the report owed since a loss.
 * If the store fails it stays owed, and the next MetaSync reports again.
 *
 * @param mark The loss since which it was owed.
 */
export function reported(mark: number): Item {
  return {
    kind: "task",
    run: (tx: StoreTransaction): Outcome => {
      tx.settleReport(mark);
      return [];
    },
    failed: () => [],
  };
}
