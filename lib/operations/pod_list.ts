import { createHash } from "node:crypto";
import { isRecord } from "../base/mod.ts";
import {
  Group,
  type Message,
  Module,
  newMessage,
  NO_NAMESPACE,
  Operation,
  ResourceType,
} from "../message/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import type { Context } from "./context.ts";
import type { Outcome, RemoteRequest } from "./outcome.ts";

/** What a list of the cloud came to. */
export type ListAnswer =
  /** Everything that there is. */
  | {
    readonly kind: "complete";
    readonly items: readonly Record<string, unknown>[];
  }
  /** No list, or not all of it, and why. */
  | { readonly kind: "refused"; readonly reason: string };

/**
 * The question for all pods of this node, as MetaServer asks it (wire
 * document, 10): pods cannot be queried one by one. A stock CloudCore answers
 * it only with DynamicController switched on. The list is large, so it is not
 * asked for at each connect: what a store in sync missed meanwhile comes from
 * SyncController.
 *
 * @param options `force`: also if the store was in sync before.
 */
export function askForPods(
  tx: StoreTransaction,
  context: Context,
  options: { readonly force: boolean },
): Outcome {
  const isWanted = options.force || !tx.isSynced(ResourceType.pod);
  if (!context.connected || !isWanted) {
    return [{ kind: "pods-listed", outcome: "not-asked", reason: "" }];
  }
  return [{ kind: "ask", request: podListRequest(tx, context) }];
}

/** The question for all pods of this node. */
export function podListRequest(
  tx: StoreTransaction,
  context: Context,
): RemoteRequest {
  return podsWhere(tx, context, `spec.nodeName=${context.nodeId}`);
}

/**
 * The question for the pods of this node of which nobody has told yet that
 * they run: few, so it is small. CloudCore may never send a pod that it counts
 * as sent: one whose ObjectSync it made and did not finish when it was killed,
 * or that another replica made (KubeEdge issue 4925), and one that was created
 * and deleted while it was down. Such pods stand at `Pending` for good.
 */
export function pendingPodsRequest(
  tx: StoreTransaction,
  context: Context,
): RemoteRequest {
  const fields = `spec.nodeName=${context.nodeId},status.phase=Pending`;
  return { ...podsWhere(tx, context, fields), addsOnly: true };
}

function podsWhere(
  tx: StoreTransaction,
  context: Context,
  fieldSelector: string,
): RemoteRequest {
  return applicationRequest(tx, context, {
    key: `/core/v1/pods/${NO_NAMESPACE}/${NO_NAMESPACE}`,
    verb: "list",
    option: JSON.stringify({ fieldSelector }),
  });
}

/** What MetaServer asks for. */
export interface Application {
  /** `/GROUP/VERSION/RESOURCE/NAMESPACE/NAME`. */
  readonly key: string;
  /** What is done. */
  readonly verb: "list" | "get";
  /** Options of the API server, JSON. */
  readonly option: string;
}

/** A question as MetaServer asks it; its answer wants no ack. */
export function applicationRequest(
  tx: StoreTransaction,
  context: Context,
  { key, verb, option }: Application,
): RemoteRequest {
  const { nodeId } = context;
  const message = newMessage(context, {
    source: Module.metaserver,
    group: Group.dynamiccontroller,
    operation: Operation.null,
    resource: NO_NAMESPACE,
    content: {
      ID: createHash("sha256").update(nodeId + key + verb + option)
        .digest("hex"),
      Key: key,
      Verb: verb,
      Nodename: nodeId,
      Option: new TextEncoder().encode(option).toBase64(),
      ReqBody: null,
      Subresource: "",
      RespBody: null,
      Status: "InApplying",
      Reason: "",
      Error: { ErrStatus: { metadata: {} } },
      Timestamp: "0001-01-01T00:00:00Z",
    },
  });
  return {
    upstream: message,
    original: message,
    from: Module.metamanager,
    shareKey: message.header.msg_id,
    storeKey: "",
    askedAtRevision: tx.revision(),
    fallback: "error",
  };
}

/** Whether a request is the question for all pods, to be applied. */
export function isPodListRequest(
  { upstream, comparesOnly, addsOnly }: RemoteRequest,
): boolean {
  return upstream.route.source === Module.metaserver && !comparesOnly &&
    !addsOnly;
}

/** What an answer to {@link applicationRequest} holds. */
export type ApplicationAnswer =
  /** What was asked for. */
  | { readonly kind: "approved"; readonly body: unknown }
  /** Nothing, and why. */
  | {
    readonly kind: "refused";
    readonly reason: string;
    /** There is no such object. */
    readonly isMissing: boolean;
  };

/** Reads the cloud's answer to {@link applicationRequest}. */
export function readApplication({ content }: Message): ApplicationAnswer {
  const application = isRecord(content) ? content : {};
  const { Status: status, RespBody: body, Error: error } = application;
  if (status === "Approved") return { kind: "approved", body: decoded(body) };
  const { ErrStatus: found } = isRecord(error) ? error : {};
  return {
    kind: "refused",
    reason: `${status}${reasonOf(application)}`,
    isMissing: isRecord(found) && found.reason === "NotFound",
  };
}

/** Reads the cloud's answer to a question for pods. */
export function readPodList(message: Message): ListAnswer {
  const answer = readApplication(message);
  if (answer.kind === "refused") return refused(answer.reason);
  const { body: list } = answer;
  if (!isRecord(list) || !Array.isArray(list.items)) {
    return refused("the answer holds no list");
  }
  const metadata = isRecord(list.metadata) ? list.metadata : {};
  if (metadata.continue) return refused("the list is not complete");
  const items = list.items.filter(isRecord);
  return items.length === list.items.length
    ? { kind: "complete", items }
    : refused("an item of the list is no object");
}

function refused(reason: string): ListAnswer {
  return { kind: "refused", reason };
}

/** API errors stand in `Error`, others as text in `Reason`. */
function reasonOf(application: Readonly<Record<string, unknown>>): string {
  const { Error: error, Reason: reason } = application;
  const status = isRecord(error) && isRecord(error.ErrStatus)
    ? error.ErrStatus
    : {};
  const text = status.message || reason;
  return typeof text === "string" && text !== "" ? `: ${text}` : "";
}

function decoded(body: unknown): unknown {
  if (typeof body !== "string") return undefined;
  try {
    return JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(
        Uint8Array.fromBase64(body),
      ),
    );
  } catch {
    // The caller says that there is no list.
    return undefined;
  }
}
