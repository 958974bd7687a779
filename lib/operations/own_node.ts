import {
  type Message,
  NO_NAMESPACE,
  Operation,
  readAnswer,
  resourceOf,
  ResourceType,
} from "../message/mod.ts";
import type { StoreReader } from "../store/mod.ts";
import type { Applied } from "./apply.ts";
import type { Context } from "./context.ts";
import type { Effect, RemoteRequest } from "./outcome.ts";

type Self = Pick<Context, "nodeId">;

const keyOf = ({ nodeId }: Self) =>
  resourceOf(NO_NAMESPACE, ResourceType.node, nodeId);

/**
 * CloudCore forgets what it told a Node that is deleted, and tells one that is
 * registered anew of changes from there only (wire document, 4.5).
 *
 * @param applied What came of storing the object under the key.
 */
export function nodeCame(
  applied: Applied,
  { key }: { readonly key: string },
  store: Pick<StoreReader, "isSynced">,
  self: Self,
): Effect[] {
  const isAnother = applied.kind === "recreated" ||
    applied.kind === "stored" && applied.isNew;
  return isAnother && key === keyOf(self) && store.isSynced("*")
    ? [{ kind: "node-came" }]
    : [];
}

/** Whether the cloud says that it no longer has this Node. */
export function nodeGone(
  message: Message,
  store: Pick<StoreReader, "get">,
  self: Self,
): Effect[] {
  const key = keyOf(self);
  if (message.route.resource !== key) return [];
  const answer = readAnswer(message.content);
  const isGone = answer.kind === "failed" && answer.reason === "NotFound";
  const row = isGone ? store.get(key) : undefined;
  return row ? [{ kind: "node-gone", uid: row.uid }] : [];
}

/** Whether a request registers this Node. */
export function isRegistration(
  { upstream: { route } }: RemoteRequest,
  self: Pick<Context, "nodeId">,
): boolean {
  return route.operation === Operation.insert && route.resource === keyOf(self);
}
