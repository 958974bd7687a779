import { isRecord } from "../base/mod.ts";
import {
  Group,
  type Message,
  Module,
  newMessage,
  OK,
  Operation,
  resourceOf,
  ResourceType,
} from "../message/mod.ts";
import {
  type AnswerContext,
  type Answerer,
  type NodeRequest,
  objectResp,
  reply,
} from "./answer.ts";
import { type ApiResult, badRequest } from "./api_status.ts";
import type { CloudObject, ObjectRef } from "./cloud_object.ts";
import { kindOf } from "./kinds.ts";
import { strategicMerge } from "./strategic_merge.ts";

/** `patch podpatch` and `patch nodepatch`: a patch of the status. */
export const patchStatus: Answerer = (request, context) => {
  const type = request.type === ResourceType.podpatch ? "pod" : "node";
  const ref = { ...request, type };
  return objectResp(request, context, {
    ...applyPatch(ref, request.message.content, context),
    skeleton: type,
    versioned: true,
  });
};

function applyPatch(
  ref: ObjectRef,
  content: unknown,
  context: AnswerContext,
): ApiResult<CloudObject> {
  const patch = parsePatch(content);
  if (!patch) {
    const text = "error decoding patch: not a JSON object in a string";
    return { ok: false, status: badRequest(kindOf(ref.type), ref.name, text) };
  }
  const metadata = isRecord(patch.metadata) ? patch.metadata : {};
  const { uid, labels, annotations } = metadata;
  const allowed = {
    metadata: {
      ...(isRecord(labels) ? { labels } : {}),
      ...(isRecord(annotations) ? { annotations } : {}),
    },
    ...(isRecord(patch.status) ? { status: patch.status } : {}),
  };
  return context.objects.update(
    ref,
    (object) => ({ ...object, ...strategicMerge(object, allowed) }),
    typeof uid === "string" ? { uid } : {},
  );
}

function parsePatch(content: unknown): Record<string, unknown> | undefined {
  if (typeof content !== "string") return undefined;
  try {
    const patch: unknown = JSON.parse(content);
    return isRecord(patch) ? patch : undefined;
  } catch {
    // Said by the answer.
    return undefined;
  }
}

/**
 * `update podstatus`: one object with a name in the resource, a list without.
 * Each entry has its own answer; a pod that is not there, or another one, is
 * answered `OK` and its ghost on the node deleted.
 */
export const updatePodStatus: Answerer = (request, context) => {
  const { content } = request.message;
  const entries = request.name === "" ? content : [content];
  if (!Array.isArray(entries)) return [];
  return entries.filter(isRecord).flatMap((entry) => {
    const name = String(entry.Name ?? "");
    const result = context.objects.update(
      { type: ResourceType.pod, namespace: request.namespace, name },
      (pod) => ({ ...pod, status: statusOf(entry.Status, pod.status) }),
      { uid: String(entry.UID ?? "") },
    );
    const answer = reply(request, context, { content: OK });
    return result.ok
      ? [answer]
      : [answer, ghostDelete(request, { ...context, name })];
  });
};

/** A status replaces the old one, but a pod keeps the time of its start. */
function statusOf(status: unknown, old: unknown): unknown {
  const started = isRecord(old) ? old.startTime : undefined;
  return isRecord(status) && started
    ? { startTime: started, ...status }
    : status;
}

/** A delete with name and namespace only (wire document, 7.3). */
function ghostDelete(
  request: NodeRequest,
  context: AnswerContext & { readonly name: string },
): Message {
  const { namespace } = request;
  const { name } = context;
  return newMessage(context.stamp, {
    source: Module.edgecontroller,
    group: Group.resource,
    operation: Operation.delete,
    resource: resourceOf(namespace, ResourceType.pod, name),
    content: {
      metadata: { name, namespace, creationTimestamp: null },
      spec: { containers: null },
      status: {},
    },
  });
}

/**
 * `delete pod` by DeleteOptions or by a uid: `OK`, also if it is gone or
 * another one. The delete that follows comes from the watch.
 */
export const deletePod: Answerer = (request, context) => {
  const { content } = request.message;
  context.objects.delete(request, readDeleteOptions(content));
  return [reply(request, context, { content: OK })];
};

function readDeleteOptions(
  content: unknown,
): { uid?: string; gracePeriodSeconds?: number } {
  if (typeof content === "string") {
    return { uid: content, gracePeriodSeconds: 0 };
  }
  if (!isRecord(content)) return {};
  const { gracePeriodSeconds, preconditions } = content;
  const uid = isRecord(preconditions) ? preconditions.uid : undefined;
  return {
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof gracePeriodSeconds === "number" ? { gracePeriodSeconds } : {}),
  };
}

/** `insert pod`: a mirror pod. Its `insert` comes down beside the answer. */
export const insertPod: Answerer = (request, context) => {
  const { content } = request.message;
  if (!isRecord(content)) return [];
  const metadata = isRecord(content.metadata) ? content.metadata : {};
  const { namespace, name } = request;
  const result = context.objects.create({
    ...content,
    kind: "Pod",
    metadata: { ...metadata, namespace, name },
  });
  return objectResp(request, context, {
    ...result,
    skeleton: "pod",
    versioned: true,
  });
};
