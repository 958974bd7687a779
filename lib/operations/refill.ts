import { NO_NAMESPACE, resourceOf, ResourceType } from "../message/mod.ts";
import type { MetaRow, StoreReader, StoreTransaction } from "../store/mod.ts";
import type { Context } from "./context.ts";
import { podReports } from "./ghost.ts";
import { isOwnPod } from "./own_pod.ts";
import type { Effect, Outcome } from "./outcome.ts";

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
 * Whether what is not stored is gone: an agent may be told so only of a store
 * that has been in sync, and that is not younger than its Node.
 */
export function knowsAllPods(store: StoreReader): boolean {
  return store.isSynced(ResourceType.pod) &&
    store.fact("node_before_store") === "";
}

/**
 * A connection has lasted: what the cloud had for this node has come. That
 * puts a new store in sync. One that lost pods must have been refilled by a
 * list; or the Node was registered anew since the loss: then nothing counts
 * as delivered, and what is stored of the Node before is reported, for the
 * cloud to delete.
 */
export function concludeSync(tx: StoreTransaction, context: Context): Outcome {
  const node = tx.get(
    resourceOf(NO_NAMESPACE, ResourceType.node, context.nodeId),
  );
  const uid = node?.uid ?? "";
  if (tx.isSynced("*")) return dispelDoubt(tx, context, uid);
  if (!lacksPods(tx)) {
    // Nobody knows what the Node was given before: that is told, and that a
    // pod is not stored says nothing until a list has come.
    if (!tx.isSynced(ResourceType.pod) && isKnownNode(node, context)) {
      tx.noteFact("node_before_store", uid);
    }
    tx.markSynced("*");
    // Agents were told that there may be more; now they get to know all.
    return knowsAllPods(tx) ? [{ kind: "refilled" }] : [];
  }
  const uidAtLoss = tx.fact("node_at_loss");
  if (uidAtLoss === "") {
    tx.noteFact("node_at_loss", uid || NO_NODE);
    return [];
  }
  if (uid === "" || uid === uidAtLoss) return [];
  tx.markSynced("*");
  return [...reportOwnPods(tx, context), { kind: "refilled" }];
}

/** A Node of this age was not registered for this store. */
const KNOWN_NODE_AGE_MS = 3_600_000;

function isKnownNode(node: MetaRow | undefined, context: Context): boolean {
  const ageMs = context.now() - Date.parse(node?.created ?? "");
  return ageMs > KNOWN_NODE_AGE_MS;
}

/**
 * A store that may be of another cluster lacks nothing, so it is served on;
 * but the cloud is asked once about every pod in it, and deletes those that
 * it does not have (failures.md C12).
 */
function dispelDoubt(
  tx: StoreTransaction,
  context: Context,
  uid: string,
): Outcome {
  const uidBefore = tx.fact("node_before_store");
  const effects: Effect[] = [];
  if (uidBefore !== "" && uid !== "" && uid !== uidBefore) {
    tx.noteFact("node_before_store", "");
    effects.push({ kind: "refilled" });
  }
  if (tx.fact("problem") === "") return effects;
  tx.noteFact("problem", "");
  return [...reportOwnPods(tx, context), ...effects];
}

/** The report is owed until the link has taken it, whatever happens before. */
function reportOwnPods(tx: StoreTransaction, context: Context): Effect[] {
  const pods = tx.list(ResourceType.pod)
    .filter(({ value }) => isOwnPod(value, context));
  const messages = podReports(pods, tx, context);
  return [{ kind: "report", messages, mark: tx.oweReport() }];
}
