import type { Outcome } from "../operations/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import type { Item } from "./item.ts";

/**
 * Marks the store: what CloudCore had has come, or there is no cloud.
 *
 * @param onFailed Told if the store failed: it has to be marked later.
 */
export function synced(onFailed: () => void): Item {
  return {
    kind: "task",
    run: (tx: StoreTransaction): Outcome => {
      if (tx.isSynced("*")) return [];
      tx.markSynced("*");
      return [{ kind: "refilled" }];
    },
    failed: () => {
      onFailed();
      return [];
    },
  };
}
