import { NO_NAMESPACE, resourceOf, ResourceType } from "../message/mod.ts";
import type { StoreReader, StoreTransaction } from "../store/mod.ts";
import type { Context } from "./context.ts";
import { reportPods } from "./ghost.ts";
import type { Outcome } from "./outcome.ts";

/** Said instead of the uid where the cloud had no Node at all. */
const NO_NODE = "none";

/**
 * Whether the store may lack pods that the cloud counts as delivered, so that
 * only a complete list, or a Node registered anew, brings it in sync again.
 */
export function lacksPods(store: StoreReader): boolean {
  return !store.isSynced(ResourceType.pod) && store.fact("problem") !== "";
}

/**
 * A connection has lasted: what the cloud had for this node has come. That
 * puts a new store in sync. One that lost pods must have been refilled by a
 * list; or the Node was registered anew since the loss: then nothing counts
 * as delivered, and what is stored of the Node before is reported, for the
 * cloud to delete.
 */
export function concludeSync(tx: StoreTransaction, context: Context): Outcome {
  if (tx.isSynced("*")) return [];
  if (!lacksPods(tx)) {
    tx.markSynced("*");
    return [];
  }
  const node = resourceOf(NO_NAMESPACE, ResourceType.node, context.nodeId);
  const uid = tx.get(node)?.uid ?? "";
  const uidAtLoss = tx.fact("node_at_loss");
  if (uidAtLoss === "") {
    tx.noteFact("node_at_loss", uid || NO_NODE);
    return [];
  }
  if (uid === "" || uid === uidAtLoss) return [];
  tx.markSynced("*");
  const pods = tx.list(ResourceType.pod);
  return [...reportPods(pods, tx, context), { kind: "refilled" }];
}
