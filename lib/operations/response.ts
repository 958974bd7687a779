import { isRecord } from "../base/mod.ts";
import {
  type Message,
  Module,
  newOk,
  Operation,
  parseResource,
  readAnswer,
  type ResourceKey,
  resourceOf,
  ResourceType,
} from "../message/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import { applyObject } from "./apply.ts";
import type { Context, Operate } from "./context.ts";
import { boundUid, storeKeyOf } from "./keys.ts";
import type { Effect, Outcome, RemoteRequest } from "./outcome.ts";
import { policyFor } from "./policy.ts";
import { deleteOf, isForAgents } from "./write.ts";

/** Reasons of a refusal that may be gone the next time. */
const TRANSIENT_REASONS: ReadonlySet<string> = new Set([
  "InternalError",
  "ServerTimeout",
  "ServiceUnavailable",
  "Timeout",
  "TooManyRequests",
]);

/** Answers of a patch carry the object that was patched. */
const PATCHED: ReadonlyMap<string, string> = new Map([
  [ResourceType.podpatch, ResourceType.pod],
  [ResourceType.nodepatch, ResourceType.node],
]);

/**
 * Response, and `error` as an answer. From an agent it answers what it was
 * handed. From the cloud it confirms a message of the outbox, or answers a
 * request, or comes late: then its object is taken in all the same. One that
 * carries an object is always acked, or CloudHub would repeat it for ever.
 */
export const response: Operate = (message, tx, context): Outcome => {
  if (context.origin === "edged") {
    return [{ kind: "agent-answered", module: context.from, answer: message }];
  }
  const parentId = message.header.parent_msg_id ?? "";
  const barrier = context.barrier(parentId);
  if (barrier) {
    for (const id of barrier) tx.confirm(id);
    return [{ kind: "outbox-passed", pingId: parentId }];
  }
  const refusal = refusalOf(message);
  if (!refusal.transient && tx.confirm(parentId)) {
    return refusal.reason
      ? [{
        kind: "refused",
        resource: message.route.resource,
        reason: refusal.reason,
      }]
      : [];
  }
  const request = context.request(parentId);
  const effects: Effect[] = [];
  if (message.route.operation === Operation.response) {
    effects.push(...takeIn(message, tx, context, request));
  }
  if (request) {
    effects.push({
      kind: "settle",
      requestId: request.upstream.header.msg_id,
      message,
    });
  }
  return effects;
};

/** Stores what the answer carries and acks it. */
function takeIn(
  message: Message,
  tx: StoreTransaction,
  context: Context,
  request: RemoteRequest | undefined,
): Effect[] {
  const answer = readAnswer(message.content);
  if (answer.kind === "failed") {
    const gone = answer.reason === "NotFound" && request?.storeKey &&
      request.original.route.operation === Operation.query;
    if (gone) tx.remove(request.storeKey);
    return [];
  }
  const resource = parseResource(message.route.resource);
  if (resource?.resType === ResourceType.caCrt) {
    return takeInText(message, tx, resource);
  }
  if (answer.kind !== "object") return [];
  const effects = resource
    ? takeInObject(message, tx, { context, request, resource }, answer.object)
    : [];
  effects.push({ kind: "to-cloud", message: newOk(context, message) });
  return effects;
}

function takeInObject(
  message: Message,
  tx: StoreTransaction,
  about: {
    context: Context;
    request: RemoteRequest | undefined;
    resource: ResourceKey;
  },
  object: Record<string, unknown>,
): Effect[] {
  const { context, request, resource } = about;
  const policy = policyFor(Operation.response, "cloud", {
    source: message.route.source ?? "",
    type: resource.resType,
  });
  const target = targetOf(resource, object, request);
  if (!policy.stored || !target) return [];
  if (target.existingOnly) {
    const row = tx.get(target.key);
    if (!row || row.uid !== uidOf(object)) return [];
  }
  const applied = applyObject(tx, message, { ...target, content: object });
  const effects: Effect[] = [{ kind: "confirmed", key: target.key }];
  if (request || !isForAgents(policy, object, context)) return effects;
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
  if (applied.kind === "stored" || applied.kind === "recreated") {
    effects.push({
      kind: "hand-over",
      revision: applied.revision,
      message: {
        ...message,
        header: withoutParent(message),
        route: { ...message.route, operation: Operation.update },
        content: applied.content,
      },
    });
  }
  return effects;
}

interface AnswerTarget {
  readonly key: string;
  readonly type: string;
  readonly askedAtRevision: number;
  /** A late answer to a patch must not bring a deleted object back. */
  readonly existingOnly: boolean;
  readonly uid?: string;
}

/** Where an answered object lies; `undefined` if it cannot be told. */
function targetOf(
  resource: ResourceKey,
  object: Record<string, unknown>,
  request: RemoteRequest | undefined,
): AnswerTarget | undefined {
  const askedAtRevision = request?.askedAtRevision ?? 0;
  if (resource.resType === ResourceType.serviceaccounttoken) {
    // The key is made from what was asked; without it there is none.
    return request?.storeKey
      ? {
        key: request.storeKey,
        type: resource.resType,
        askedAtRevision,
        existingOnly: false,
        uid: boundUid(request.original.content),
      }
      : undefined;
  }
  const patched = PATCHED.get(resource.resType);
  const type = patched ?? resource.resType;
  const name = resource.resId || nameOf(object);
  if (!name) return undefined;
  const key = storeKeyOf({
    namespace: resource.namespace,
    resType: type,
    resId: name,
    resKey: resourceOf(resource.namespace, type, name),
  });
  return { key, type, askedAtRevision, existingOnly: patched !== undefined };
}

/** The cluster's certificate authority comes as PEM text. */
function takeInText(
  message: Message,
  tx: StoreTransaction,
  resource: ResourceKey,
): Effect[] {
  const { content } = message;
  if (typeof content !== "string" || content === "") return [];
  applyObject(tx, message, { key: resource.resKey, type: resource.resType });
  return [{ kind: "confirmed", key: resource.resKey }];
}

/** Whether an answer refuses what was asked, and whether that may pass. */
function refusalOf(
  message: Message,
): { readonly reason: string; readonly transient: boolean } {
  if (message.route.operation === Operation.error) {
    return { reason: textOf(message.content), transient: false };
  }
  const answer = readAnswer(message.content);
  if (answer.kind === "failed") {
    return {
      reason: `${answer.reason}: ${answer.message}`,
      transient: TRANSIENT_REASONS.has(answer.reason),
    };
  }
  return answer.kind === "other" && typeof message.content === "string"
    ? { reason: message.content, transient: false }
    : { reason: "", transient: false };
}

function textOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}

function withoutParent(message: Message): Message["header"] {
  const { parent_msg_id: _, ...header } = message.header;
  return header;
}

function nameOf(object: Record<string, unknown>): string {
  const metadata = isRecord(object.metadata) ? object.metadata : {};
  return typeof metadata.name === "string" ? metadata.name : "";
}

function uidOf(object: Record<string, unknown>): string {
  const metadata = isRecord(object.metadata) ? object.metadata : {};
  return typeof metadata.uid === "string" ? metadata.uid : "";
}
