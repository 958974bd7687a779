import { isRecord } from "../base/mod.ts";
import {
  type Message,
  NO_NAMESPACE,
  OK,
  Operation,
  ResourceType,
} from "../message/mod.ts";
import {
  type AnswerContext,
  type Answerer,
  failure,
  type NodeRequest,
  objectReply,
  objectResp,
  reply,
} from "./answer.ts";
import { type ApiResult, notFound, type Speaker } from "./api_status.ts";
import type { CloudObject, Manifest } from "./cloud_object.ts";
import { withKind } from "./edge_controller.ts";
import { kindOf } from "./kinds.ts";
import {
  deletePod,
  insertPod,
  patchStatus,
  updatePodStatus,
} from "./pod_answers.ts";
import { queryToken } from "./token_answers.ts";

/**
 * EdgeController's answers to the requests of nodes (wire document, 7.1), by
 * operation and type. What is not listed is dropped without an answer, as
 * queries of pods and events are.
 */
const ANSWERS: ReadonlyMap<string, Answerer> = new Map([
  [`${Operation.query} ${ResourceType.node}`, queryFrom("cache")],
  [`${Operation.query} ${ResourceType.configmap}`, queryFrom("cache")],
  [`${Operation.query} ${ResourceType.secret}`, queryFrom("cache")],
  [`${Operation.query} ${ResourceType.persistentvolume}`, queryFrom("api")],
  [
    `${Operation.query} ${ResourceType.persistentvolumeclaim}`,
    queryFrom("api"),
  ],
  [`${Operation.query} ${ResourceType.volumeattachment}`, queryFrom("api")],
  [
    `${Operation.query} ${ResourceType.certificatesigningrequest}`,
    queryFrom("api"),
  ],
  [
    `${Operation.insert} ${ResourceType.certificatesigningrequest}`,
    insertPlain,
  ],
  [`${Operation.query} ${ResourceType.serviceaccounttoken}`, queryToken],
  [`${Operation.query} ${ResourceType.lease}`, queryLease],
  [`${Operation.insert} ${ResourceType.lease}`, insertPlain],
  [`${Operation.update} ${ResourceType.lease}`, updateLease],
  [`${Operation.insert} ${ResourceType.node}`, insertPlain],
  [`${Operation.update} ${ResourceType.node}`, updateNode],
  [`${Operation.patch} ${ResourceType.nodepatch}`, patchStatus],
  [`${Operation.insert} ${ResourceType.nodestatus}`, insertNodeStatus],
  [`${Operation.update} ${ResourceType.nodestatus}`, updateNodeStatus],
  [`${Operation.patch} ${ResourceType.podpatch}`, patchStatus],
  [`${Operation.update} ${ResourceType.podstatus}`, updatePodStatus],
  [`${Operation.delete} ${ResourceType.pod}`, deletePod],
  [`${Operation.insert} ${ResourceType.pod}`, insertPod],
]);

/**
 * Answers a request of a node.
 *
 * @param node Name of the node, from its session.
 * @returns The answers in order; empty where CloudCore says nothing.
 */
export function answer(
  message: Message,
  node: string,
  context: AnswerContext,
): Message[] {
  const { operation, resource } = message.route;
  const [namespace = "", type = "", name = ""] = resource.split("/");
  const answerer = ANSWERS.get(`${operation} ${type}`);
  return answerer?.({ message, node, namespace, type, name }, context) ?? [];
}

/** `query` of an object: from CloudCore's cache or from the API server. */
function queryFrom(speaker: Speaker): Answerer {
  return (request, context) =>
    objectReply(request, context, find(request, context, speaker));
}

function find(
  request: NodeRequest,
  context: AnswerContext,
  speaker: Speaker,
): ApiResult<CloudObject> {
  const object = context.objects.get(request);
  if (object) return { ok: true, object };
  const status = notFound(kindOf(request.type), request.name, speaker);
  return { ok: false, status };
}

/** `query lease`: an ObjectResp, the object with its kind, without a version. */
function queryLease(request: NodeRequest, context: AnswerContext): Message[] {
  const found = find(request, context, "cache");
  const content = found.ok
    ? { Object: withKind(found.object), Err: null }
    : { Object: null, Err: failure(found.status) };
  return [reply(request, context, { content })];
}

/** `insert` of a node, lease or certificate request: an ObjectResp. */
function insertPlain(request: NodeRequest, context: AnswerContext): Message[] {
  const manifest = manifestOf(request, request.type);
  if (!manifest) return [];
  return objectResp(request, context, {
    ...context.objects.create(manifest),
    skeleton: request.type,
    versioned: false,
  });
}

/** `update lease`: a `Conflict` if somebody else wrote meanwhile. */
function updateLease(request: NodeRequest, context: AnswerContext): Message[] {
  const { content } = request.message;
  if (!isRecord(content)) return [];
  const metadata = isRecord(content.metadata) ? content.metadata : {};
  const result = context.objects.update(
    request,
    (lease) => ({
      ...lease,
      metadata: { ...lease.metadata, ...pick(metadata, "ownerReferences") },
      spec: content.spec ?? {},
    }),
    { resourceVersion: String(metadata.resourceVersion ?? "") },
  );
  return objectResp(request, context, {
    ...result,
    skeleton: "lease",
    versioned: false,
  });
}

/** `update node` adds labels and annotations, removes none; silent on error. */
function updateNode(request: NodeRequest, context: AnswerContext): Message[] {
  const { content } = request.message;
  if (!isRecord(content) || !isRecord(content.metadata)) return [];
  const { labels, annotations } = content.metadata;
  const result = context.objects.update(request, (node) => ({
    ...node,
    metadata: {
      ...node.metadata,
      ...(isRecord(labels)
        ? { labels: stringsOf(node.metadata.labels, labels) }
        : {}),
      ...(isRecord(annotations)
        ? { annotations: stringsOf(node.metadata.annotations, annotations) }
        : {}),
    },
  }));
  if (!result.ok) return [];
  const { resourceVersion } = result.object.metadata;
  return [reply(request, context, { content: OK, resourceVersion })];
}

/** Registration of old edges: makes the Node, or takes over its status. */
function insertNodeStatus(
  request: NodeRequest,
  context: AnswerContext,
): Message[] {
  const manifest = manifestOf(request, ResourceType.node);
  if (!manifest) return [];
  const type = ResourceType.node;
  const made = context.objects.create(manifest);
  if (!made.ok) {
    context.objects.update(
      { ...request, type },
      (node) => ({ ...node, status: manifest.status }),
    );
  }
  return [reply(request, context, { content: OK, type })];
}

/** Status of old edges; silent on error. */
function updateNodeStatus(
  request: NodeRequest,
  context: AnswerContext,
): Message[] {
  const { content } = request.message;
  if (!isRecord(content)) return [];
  const type = ResourceType.node;
  const result = context.objects.update(
    { ...request, type },
    (node) => ({ ...node, status: content.Status }),
  );
  if (!result.ok) return [];
  const { resourceVersion } = result.object.metadata;
  return [reply(request, context, { content: OK, resourceVersion, type })];
}

function manifestOf(request: NodeRequest, type: string): Manifest | undefined {
  const { content } = request.message;
  if (!isRecord(content)) return undefined;
  const { resourceVersion: _none, ...metadata } = isRecord(content.metadata)
    ? content.metadata
    : {};
  const { namespace, name } = request;
  return {
    ...content,
    kind: kindOf(type).kind,
    metadata: {
      ...metadata,
      name,
      ...(namespace === NO_NAMESPACE ? {} : { namespace }),
    },
  };
}

function pick(
  record: Readonly<Record<string, unknown>>,
  field: string,
): Record<string, unknown> {
  return field in record ? { [field]: record[field] } : {};
}

function stringsOf(
  old: unknown,
  added: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const all = { ...isRecord(old) ? old : {}, ...added };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, String(value)]),
  );
}
