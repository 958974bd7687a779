import { isRecord } from "../base/mod.ts";
import {
  Group,
  type Message,
  Module,
  newMessage,
  Operation,
  PermanentFault,
  resourceOf,
  ResourceType,
} from "../message/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import { applyObject, forgetPod } from "./apply.ts";
import type { Context, Operate } from "./context.ts";
import type { Effect, Outcome, RemoteRequest } from "./outcome.ts";
import { isOwnPod } from "./own_pod.ts";
import { isPodListRequest, readPodList } from "./pod_list.ts";
import { statusMayLeave } from "./pod_status.ts";
import { podCame } from "./reconcile.ts";
import { knowsAllPods } from "./refill.ts";
import { identityOf } from "./version.ts";
import { deleteOf } from "./write.ts";

/**
 * The cloud's answer to a question for pods of this node. A list is applied in
 * this one transaction by the version rule: what is newer than the question
 * stays, whatever the list says (failures.md B6), and only the complete list
 * of all pods deletes pods at agents.
 */
export const applicationResponse: Operate = (message, tx, context) => {
  const { resource } = message.route;
  const request = context.request(message.header.parent_msg_id ?? "");
  if (!request) return [{ kind: "noted", what: "unsolicited", resource }];
  const requestId = request.upstream.header.msg_id;
  if (request.comparesOnly) return [{ kind: "settle", requestId, message }];
  if (request.addsOnly) {
    return [
      { kind: "settle", requestId, message },
      ...addListed(message, tx, { context, request }),
    ];
  }
  if (!isPodListRequest(request)) {
    return [{ kind: "noted", what: "unsolicited", resource }];
  }
  return [
    { kind: "settle", requestId, message },
    ...applyList(message, tx, { context, request }),
  ];
};

/** What a list of some pods holds; whoever asked reads what else it says. */
function addListed(
  message: Message,
  tx: StoreTransaction,
  about: { context: Context; request: RemoteRequest },
): Outcome {
  const list = readPodList(message);
  if (list.kind === "refused") return [];
  return list.items.flatMap((object): Effect[] => {
    const pod = podOf(object, about.context);
    if (pod) return putPod(pod, tx, about);
    const { resource } = message.route;
    return [{ kind: "noted", what: "unsolicited", resource }];
  });
}

function applyList(
  message: Message,
  tx: StoreTransaction,
  about: { context: Context; request: RemoteRequest },
): Outcome {
  const { context, request } = about;
  const list = readPodList(message);
  const pods = list.kind === "complete" && podsOf(list.items, context);
  if (!pods) {
    const reason = list.kind === "refused"
      ? list.reason
      : "an item of the list is no pod of this node";
    return [{ kind: "pods-listed", outcome: "refused", reason }];
  }
  const effects: Effect[] = [];
  for (const pod of pods.values()) {
    effects.push(...putPod(pod, tx, { context, request }));
  }
  for (const row of tx.list(ResourceType.pod)) {
    if (pods.has(row.key) || row.revision > request.askedAtRevision) continue;
    if (!isOwnPod(row.value, context)) continue;
    const revision = tx.remove(row.key) ?? tx.revision();
    forgetPod(tx, row);
    effects.push(handDelete(context, { ...row, revision }));
  }
  const listed: Effect = {
    kind: "pods-listed",
    outcome: "applied",
    reason: "",
  };
  if (knowsAllPods(tx)) return [...effects, listed];
  if (tx.fact("node_before_store")) tx.noteFact("node_before_store", "");
  tx.markSynced(ResourceType.pod);
  // Agents get everything anew, so no change on its own.
  return [
    ...effects.filter(({ kind }) => kind !== "hand-over"),
    listed,
    { kind: "refilled" },
  ];
}

interface Pod {
  readonly key: string;
  readonly object: Record<string, unknown>;
}

/**
 * The listed pods by key; `undefined` if one cannot be read or is not of
 * this node, since then the list cannot be trusted to say what is gone.
 */
function podsOf(
  items: readonly Record<string, unknown>[],
  context: Context,
): Map<string, Pod> | undefined {
  const pods = new Map<string, Pod>();
  for (const object of items) {
    const pod = podOf(object, context);
    if (!pod) return undefined;
    pods.set(pod.key, pod);
  }
  return pods;
}

/** A listed pod; `undefined` if it cannot be read or is not of this node. */
function podOf(
  object: Record<string, unknown>,
  { nodeId }: Context,
): Pod | undefined {
  const { metadata, spec } = object;
  if (!isRecord(metadata) || !isRecord(spec)) return undefined;
  const { name, namespace } = metadata;
  if (typeof name !== "string" || typeof namespace !== "string") {
    return undefined;
  }
  if (!name || !namespace || spec.nodeName !== nodeId) return undefined;
  if (!hasIdentity(object)) return undefined;
  return { key: resourceOf(namespace, ResourceType.pod, name), object };
}

function hasIdentity(object: Record<string, unknown>): boolean {
  try {
    const { uid, version } = identityOf({
      header: { msg_id: "", timestamp: 0 },
      route: { operation: "", resource: "" },
      content: object,
    });
    return uid !== "" && version !== "";
  } catch (error) {
    if (error instanceof PermanentFault) return false;
    throw error;
  }
}

function putPod(
  { key, object }: Pod,
  tx: StoreTransaction,
  about: { context: Context; request: RemoteRequest },
): Effect[] {
  const { context, request } = about;
  // To agents it is what EdgeController would have sent.
  const message = newMessage(context, {
    source: Module.edgecontroller,
    group: Group.resource,
    operation: Operation.update,
    resource: key,
    content: object,
  });
  const applied = applyObject(tx, message, {
    key,
    type: ResourceType.pod,
    askedAtRevision: request.askedAtRevision,
  });
  const effects: Effect[] = [
    { kind: "confirmed", key },
    ...statusMayLeave({ key, type: ResourceType.pod }, tx),
  ];
  if (applied.kind === "recreated") {
    const { old, removedRevision: revision } = applied;
    effects.push(handDelete(context, { ...old, revision }));
  }
  if (applied.kind === "stored" || applied.kind === "recreated") {
    const { revision, content } = applied;
    // The round that asks for all pods asks for what they name itself.
    const isNew = applied.kind === "recreated" || applied.isNew;
    if (request.addsOnly && isNew) {
      effects.push(...podCame(content, { key }, tx, context));
    }
    effects.push({
      kind: "hand-over",
      revision,
      message: { ...message, content },
    });
  }
  return effects;
}

function handDelete(
  context: Context,
  gone: { readonly key: string; readonly uid: string; revision: number },
): Effect {
  return {
    kind: "hand-over",
    revision: gone.revision,
    message: deleteOf(context, {
      resource: gone.key,
      uid: gone.uid,
      source: Module.edgecontroller,
    }),
  };
}
