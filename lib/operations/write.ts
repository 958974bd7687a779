import {
  Group,
  type Message,
  Module,
  newMessage,
  newOk,
  Operation,
  parseResource,
  PermanentFault,
  type ResourceKey,
  ResourceType,
  type Stamp,
} from "../message/mod.ts";
import { isRecord } from "../base/mod.ts";
import type { MetaRow, StoreTransaction } from "../store/mod.ts";
import { applyObject, forgetPod } from "./apply.ts";
import type { Context } from "./context.ts";
import { isClusterScoped, storeKeyOf } from "./keys.ts";
import type { Effect, Outcome } from "./outcome.ts";
import { statusMayLeave } from "./pod_status.ts";
import { podCame } from "./reconcile.ts";
import { type Policy, policyFor } from "./policy.ts";

/** A message's resource and what is to happen to it. */
export interface Subject {
  /** The parsed resource. */
  readonly resource: ResourceKey;
  /** Key in the store. */
  readonly key: string;
  /** The row of the policy table. */
  readonly policy: Policy;
}

/**
 * Reads what a message is about.
 *
 * @throws {PermanentFault} If its resource cannot be read.
 */
export function subjectOf(message: Message, context: Context): Subject {
  const { operation, source } = message.route;
  const resource = parseResource(message.route.resource);
  if (!resource) {
    throw new PermanentFault(
      "bad-resource",
      "Resource is not <namespace>/<type>[/<name>]",
    );
  }
  const policy = policyFor(operation, context.origin, {
    source: source ?? "",
    type: resource.resType,
  });
  return { resource, key: storeKeyOf(resource), policy };
}

/**
 * Insert and update from the cloud, which mean the same: an update of an
 * unknown key is CloudCore's usual first message for a pod, and a restarted
 * CloudCore inserts what is known.
 */
export function writeFromCloud(
  message: Message,
  tx: StoreTransaction,
  context: Context,
): Outcome {
  const subject = subjectOf(message, context);
  const { key, resource } = subject;
  if (message.content === null) {
    throw new PermanentFault("bad-content", "Content is empty");
  }
  const applied = applyObject(tx, message, { key, type: resource.resType });
  const effects: Effect[] = statusMayLeave({ key, type: resource.resType }, tx);
  if (resource.resId) effects.push({ kind: "confirmed", key });
  if (applied.kind !== "stored" && applied.kind !== "recreated") {
    effects.push(
      { kind: "noted", what: applied.kind, resource: resource.resKey },
      { kind: "to-cloud", message: newOk(context, message) },
    );
    return effects;
  }
  const isNew = applied.kind === "recreated" || applied.isNew;
  if (isNew && resource.resType === ResourceType.pod) {
    effects.push(...podCame(applied.content, subject, tx, context));
  }
  if (!isForAgents(subject.policy, applied.content, context)) {
    effects.push({ kind: "to-cloud", message: newOk(context, message) });
    return effects;
  }
  if (applied.kind === "recreated") {
    effects.push({
      kind: "hand-over",
      revision: applied.removedRevision,
      message: deleteOf(context, {
        resource: resource.resKey,
        uid: applied.old.uid,
        source: message.route.source ?? Module.edgecontroller,
      }),
    });
  }
  effects.push({
    kind: "hand-over",
    revision: applied.revision,
    message: applied.content === message.content
      ? message
      : { ...message, content: applied.content },
    answers: message,
  });
  return effects;
}

/**
 * Delete from the cloud: recognised by its resource alone; if it names a uid,
 * only that object goes, and if not, no object that has just come in place of
 * another.
 */
export function deleteFromCloud(
  message: Message,
  tx: StoreTransaction,
  context: Context,
): Outcome {
  const subject = subjectOf(message, context);
  const { key, resource, policy } = subject;
  const ack: Effect = { kind: "to-cloud", message: newOk(context, message) };
  const unchanged: Effect = {
    kind: "noted",
    what: "unchanged",
    resource: resource.resKey,
  };
  // SyncController looks cluster-scoped objects up in a namespace, does not
  // find them and deletes what is there (wire document, 4.5).
  if (isClusterScoped(resource.resType) && key !== resource.resKey) {
    return [unchanged, ack];
  }
  const row = tx.get(key);
  const uid = uidOf(message.content);
  if (!row || (uid && row.uid && uid !== row.uid)) return [unchanged, ack];
  if (!uid && mayMeanAnother(row, tx)) return [unchanged, ack];
  const revision = tx.remove(key, message.header.resourceversion) ??
    tx.revision();
  if (resource.resType === ResourceType.pod) forgetPod(tx, row);
  if (!isForAgents(policy, parsed(row.value), context)) return [ack];
  const told = uid || !row.uid
    ? message
    : { ...message, content: withUid(message.content, row.uid) };
  return [{ kind: "hand-over", message: told, revision, answers: message }];
}

/**
 * How long a delete that names no object may be meant for the one before, of
 * the time that the node runs.
 */
const LATE_DELETE_MS = 5 * 60 * 1000;

/**
 * CloudCore answers the status of a pod that it does not have with a delete
 * of whatever has the name (wire document, 7.3). While the pod was replaced
 * here only a moment ago, that may be the one before, whose status was on its
 * way. The replaced one would never come again, but a ghost is reported by
 * each MetaSync and deleted again, so the delete can wait.
 */
function mayMeanAnother(row: MetaRow, tx: StoreTransaction): boolean {
  const last = tx.tombstone(row.key);
  return last !== undefined && last.uid !== row.uid &&
    tx.runningMs() - last.deletedAtMs < LATE_DELETE_MS;
}

/** Agents are told which object went, also when the cloud did not say. */
function withUid(content: unknown, uid: string): unknown {
  const fields = isRecord(content) ? content : {};
  const metadata = isRecord(fields.metadata) ? fields.metadata : {};
  return { ...fields, metadata: { ...metadata, uid } };
}

/** A delete made by the node, with the stub that CloudCore's repairs have. */
export function deleteOf(
  stamp: Stamp,
  about: { resource: string; uid: string; source: string },
): Message {
  const [namespace, , name] = about.resource.split("/");
  return newMessage(stamp, {
    source: about.source,
    group: Group.resource,
    operation: Operation.delete,
    resource: about.resource,
    content: {
      metadata: {
        name: name ?? "",
        namespace: namespace ?? "",
        ...(about.uid ? { uid: about.uid } : {}),
      },
    },
  });
}

/** Whether agents are told of an object. */
export function isForAgents(
  policy: Policy,
  content: unknown,
  context: Pick<Context, "nodeId">,
): boolean {
  if (policy.handOver !== "own-pods") return policy.handOver === "yes";
  const spec = isRecord(content) && isRecord(content.spec) ? content.spec : {};
  return spec.nodeName === context.nodeId;
}

function uidOf(content: unknown): string {
  const metadata = isRecord(content) && isRecord(content.metadata)
    ? content.metadata
    : {};
  return typeof metadata.uid === "string" ? metadata.uid : "";
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // Only its fields are looked at, and a damaged row has none.
    return undefined;
  }
}
