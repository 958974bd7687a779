import { isRecord } from "../base/mod.ts";
import {
  type AnswerContent,
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
import type { MetaHead, StoreTransaction } from "../store/mod.ts";
import { applyObject, forgetPod } from "./apply.ts";
import type { Context } from "./context.ts";
import { boundUid, storeKeyOf } from "./keys.ts";
import type { Effect, RemoteRequest } from "./outcome.ts";
import { nodeCame, nodeGone } from "./own_node.ts";
import { statusMayLeave } from "./pod_status.ts";
import { policyFor } from "./policy.ts";
import { deleteOf, isForAgents } from "./write.ts";

/** Answers of a patch carry the object that was patched. */
const PATCHED: ReadonlyMap<string, string> = new Map([
  [ResourceType.podpatch, ResourceType.pod],
  [ResourceType.nodepatch, ResourceType.node],
]);

/**
 * Takes in what an answer of the cloud carries: stores the object, tells the
 * agents and acks it; of what the cloud does not have the row goes. An agent
 * that asked for the object has it from the answer and is not told again.
 *
 * @param request The request that it answers; none for late answers and for
 *   confirmations.
 * @throws {PermanentFault} If the object cannot be read; nothing is written.
 */
export function takeIn(
  message: Message,
  tx: StoreTransaction,
  context: Context,
  request?: RemoteRequest,
): Effect[] {
  const answer = readAnswer(message.content);
  if (answer.kind === "failed") {
    if (!request) return nodeGone(message, tx, context);
    return takeOut(message, tx, { answer, context, request });
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

/**
 * Removes what the cloud was asked for and does not have. What was written
 * after the question stays: the answer does not know of it.
 */
function takeOut(
  message: Message,
  tx: StoreTransaction,
  about: {
    answer: Extract<AnswerContent, { kind: "failed" }>;
    context: Context;
    request: RemoteRequest;
  },
): Effect[] {
  const { answer, context, request } = about;
  if (answer.reason !== "NotFound" || !isQuery(request)) return [];
  const row = tx.get(request.storeKey);
  if (!row || row.revision > request.askedAtRevision) return [];
  if (request.keepsMissing) return [missing(request)];
  const revision = tx.remove(row.key) ?? tx.revision();
  if (row.type === ResourceType.pod) forgetPod(tx, row);
  const policy = policyFor(Operation.response, "cloud", {
    source: message.route.source ?? "",
    type: row.type,
  });
  if (!isForAgents(policy, undefined, context)) return [];
  return [deleteFor(message, context, { row, revision, request })];
}

/** The node asks once more before it lets go of what it has. */
function missing({ storeKey, original }: RemoteRequest): Effect {
  const { resource } = original.route;
  const question = { key: storeKey, resource, content: original.content };
  return { kind: "missing", question };
}

/** Tells the agents, all but the one that asked, of an object that went. */
function deleteFor(
  message: Message,
  context: Context,
  gone: {
    row: Pick<MetaHead, "key" | "uid">;
    revision: number;
    request: RemoteRequest | undefined;
  },
): Effect {
  return {
    kind: "hand-over",
    revision: gone.revision,
    message: deleteOf(context, {
      resource: gone.row.key,
      uid: gone.row.uid,
      source: message.route.source ?? Module.edgecontroller,
    }),
    ...exceptAsker(gone.request),
  };
}

/**
 * The answer to a query is the object. That to a write says how it went, and
 * the agent that wrote does not take it for a change.
 */
function exceptAsker(
  request: RemoteRequest | undefined,
): { readonly except?: string } {
  return request && isQuery(request) ? { except: request.from } : {};
}

function isQuery(request: RemoteRequest): boolean {
  return request.original.route.operation === Operation.query;
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
  const source = message.route.source ?? "";
  const asked = { source, type: resource.resType };
  const target = targetOf(resource, object, request);
  if (!target || !policyFor(Operation.response, "cloud", asked).stored) {
    return [];
  }
  if (target.existingOnly) {
    const row = tx.get(target.key);
    if (!row || row.uid !== uidOf(object)) return [];
  }
  const applied = applyObject(tx, message, { ...target, content: object });
  const effects: Effect[] = [
    { kind: "confirmed", key: target.key },
    ...statusMayLeave(target, tx),
    ...nodeCame(applied, target, tx, context),
  ];
  // A patch is of its own type; what it changed decides who is told.
  const policy = policyFor(Operation.response, "cloud", {
    source,
    type: target.type,
  });
  if (!isForAgents(policy, object, context)) return effects;
  if (applied.kind === "recreated") {
    const { old: row, removedRevision: revision } = applied;
    effects.push(deleteFor(message, context, { row, revision, request }));
  }
  if (applied.kind === "stored" || applied.kind === "recreated") {
    effects.push({
      kind: "hand-over",
      revision: applied.revision,
      message: {
        header: withoutParent(message),
        route: {
          ...message.route,
          operation: Operation.update,
          resource: target.key,
        },
        content: applied.content,
      },
      ...exceptAsker(request),
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
