import { LIMITS } from "../base/mod.ts";
import {
  type ErrStatus,
  errStatus,
  Group,
  type Message,
  Module,
  newError,
  newResponse,
  NO_NAMESPACE,
  parseResource,
  PermanentFault,
  type ResourceKey,
  ResourceType,
  type StatusReason,
} from "../message/mod.ts";
import type { MetaRow, StoreTransaction } from "../store/mod.ts";
import type { Context } from "./context.ts";
import { storeKeyOf, tokenKey } from "./keys.ts";
import type { Effect, Outcome } from "./outcome.ts";
import { knowsAllPods } from "./refill.ts";

/**
 * KubeEdge lists a type across all namespaces, and its edged asks under the
 * namespace in which it registers the node; a list of the pods of that one
 * namespace would make it end all others. Any other namespace means itself.
 */
const LISTS_ALL_NAMESPACES: ReadonlySet<string> = new Set([
  "default",
  NO_NAMESPACE,
]);

/** Bytes of a list's values as JSON; the rest is for the message around them. */
const LIST_BYTES_MAX = LIMITS.messageBytesMax - 64 * 1024;

/** Why the store answers: it is asked first, or the cloud could not be. */
export type LocalReason = "local" | "disconnected" | "expired";

/**
 * Answers a query from the store. Not found, not reachable, never in sync and
 * empty are four different answers, and a list is complete or an error
 * (failures.md C5, C10).
 */
export function answerFromStore(
  query: Message,
  tx: StoreTransaction,
  context: Context,
  why: LocalReason,
): Outcome {
  const resource = parseResource(query.route.resource);
  if (!resource) {
    throw new PermanentFault(
      "bad-resource",
      "Resource is not <namespace>/<type>[/<name>]",
    );
  }
  return resource.resId === "" && !isClusterCa(resource)
    ? listAnswer(query, tx, context, resource)
    : keyAnswer(query, tx, { context, resource, why });
}

function listAnswer(
  query: Message,
  tx: StoreTransaction,
  context: Context,
  resource: ResourceKey,
): Outcome {
  const { resType, namespace } = resource;
  const isKnown = resType === ResourceType.pod
    ? knowsAllPods(tx)
    : tx.isSynced(resType);
  if (!isKnown) {
    return failed(context, query, {
      reason: "NotSynced",
      message: `The list of type ${resType} is not known yet: this node has ` +
        "never been in sync with the cloud; ask again once it has",
    });
  }
  const rows = tx.list(
    resType,
    LISTS_ALL_NAMESPACES.has(namespace) ? undefined : namespace,
  );
  if (listBytes(rows) > LIST_BYTES_MAX) {
    return failed(context, query, {
      reason: "RequestEntityTooLarge",
      message: `The list ${query.route.resource} is larger than a message ` +
        `may be (${LIMITS.messageBytesMax} bytes); ask by name or one ` +
        "namespace at a time",
    });
  }
  return answered(context, query, rows);
}

/** Most bytes of one UTF-16 unit in a JSON string: `\u` and four digits. */
const UNIT_BYTES_MAX = 6;

/**
 * Bytes of the values as they go on the wire: JSON texts within JSON, in
 * which each quote gets a backslash. Only lists that may be too large are
 * measured exactly.
 */
function listBytes(rows: readonly MetaRow[]): number {
  let units = 0;
  for (const row of rows) units += row.value.length;
  if (units > LIST_BYTES_MAX) return units;
  const most = units * UNIT_BYTES_MAX + rows.length * 3;
  if (most <= LIST_BYTES_MAX) return most;
  const encoder = new TextEncoder();
  let bytes = 0;
  for (const { value } of rows) {
    // The comma counts, too.
    bytes += encoder.encode(JSON.stringify(value)).length + 1;
    if (bytes > LIST_BYTES_MAX) break;
  }
  return bytes;
}

function keyAnswer(
  query: Message,
  tx: StoreTransaction,
  about: { context: Context; resource: ResourceKey; why: LocalReason },
): Outcome {
  const { context, resource, why } = about;
  const { resType, resId } = resource;
  const row = tx.get(rowKey(resource, query.content));
  const details = { name: resId, kind: resType };
  if (row && listBytes([row]) > LIST_BYTES_MAX) {
    return failed(context, query, {
      reason: "RequestEntityTooLarge",
      message:
        `${query.route.resource} is larger in an answer than a message ` +
        `may be (${LIMITS.messageBytesMax} bytes); attach with since=0 to get ` +
        "it as an update",
      details,
    });
  }
  if (row) return answered(context, query, [row]);
  if (!tx.isSynced(resType)) {
    return failed(context, query, {
      reason: "NotSynced",
      message: `${resType} "${resId}" is not known yet: this node has never ` +
        "been in sync with the cloud; ask again once it has",
      details,
    });
  }
  if (why === "disconnected") {
    return failed(context, query, {
      reason: "ServiceUnavailable",
      message: `${resType} "${resId}" is not stored, and the cloud cannot ` +
        "be reached",
      details,
    });
  }
  if (why === "expired") {
    return failed(context, query, {
      reason: "Timeout",
      message: `${resType} "${resId}" is not stored, and the cloud did not ` +
        "answer in time",
      details,
    });
  }
  return notFound(context, query, details);
}

function rowKey(resource: ResourceKey, content: unknown): string {
  return resource.resType === ResourceType.serviceaccounttoken
    ? tokenKey(resource, content)
    : storeKeyOf(resource);
}

/** `k8s/ca.crt` has two parts and names one thing. */
export function isClusterCa(resource: ResourceKey): boolean {
  return resource.resKey === `k8s/${ResourceType.caCrt}`;
}

function answered(
  context: Context,
  query: Message,
  rows: readonly MetaRow[],
): Outcome {
  const effects: Effect[] = [];
  const values: string[] = [];
  for (const row of rows) {
    if (isReadable(row.value)) values.push(row.value);
    else {effects.push({
        kind: "noted",
        what: "damaged-row",
        resource: row.key,
      });}
  }
  if (values.length === 0 && effects.length > 0) {
    return [
      ...effects,
      ...failed(context, query, {
        reason: "InternalError",
        message: `What is stored of ${query.route.resource} is damaged; ask ` +
          "again while connected",
      }),
    ];
  }
  effects.push(reply(context, respond(context, query, values)));
  return effects;
}

/** Objects are stored as JSON text; other text is as the sender wrote it. */
function isReadable(value: string): boolean {
  if (value[0] !== "{" && value[0] !== "[") return value !== "";
  try {
    JSON.parse(value);
    return true;
  } catch {
    // Reported by the caller with its key (failures.md E3).
    return false;
  }
}

function notFound(
  context: Context,
  query: Message,
  details: { name: string; kind: string },
): Outcome {
  const status = errStatus(
    "NotFound",
    `${details.kind} "${details.name}" not found`,
    details,
  );
  return [reply(context, respond(context, query, status))];
}

function failed(
  context: Context,
  query: Message,
  why: {
    reason: StatusReason;
    message: string;
    details?: { name: string; kind: string };
  },
): Outcome {
  const status: ErrStatus = errStatus(why.reason, why.message, why.details);
  return [reply(context, newError(context, query, status))];
}

function respond(context: Context, query: Message, content: unknown): Message {
  const response = newResponse(context, query, content);
  return {
    ...response,
    route: {
      ...response.route,
      source: Module.metamanager,
      group: query.route.group || Group.edged,
    },
  };
}

function reply(context: Context, message: Message): Effect {
  return { kind: "reply", to: context.from, message };
}
