import {
  Group,
  type Message,
  Module,
  newMessage,
  Operation,
  resourceOf,
  type Stamp,
} from "../message/mod.ts";
import type { ApiResult, ApiStatus } from "./api_status.ts";
import type { CloudObject } from "./cloud_object.ts";
import type { CloudObjects } from "./cloud_objects.ts";
import { withKind, withoutKind } from "./edge_controller.ts";

/** A request of a node, its resource taken apart as EdgeController does. */
export interface NodeRequest {
  /** The message. */
  readonly message: Message;
  /** Name of the node that sent it. */
  readonly node: string;
  /** First part of the resource. */
  readonly namespace: string;
  /** Second part. */
  readonly type: string;
  /** Third part; empty if there is none. Further parts are not looked at. */
  readonly name: string;
}

/** What an answer is made of. */
export interface AnswerContext {
  /** Ids and time of answers. */
  readonly stamp: Stamp;
  /** Kubernetes. */
  readonly objects: CloudObjects;
}

/** Answers one kind of request; an empty list is silence. */
export type Answerer = (
  request: NodeRequest,
  context: AnswerContext,
) => Message[];

/** An answer of EdgeController under the request's resource. */
export function reply(
  request: NodeRequest,
  context: AnswerContext,
  fields: { content: unknown; resourceVersion?: string; type?: string },
): Message {
  return newMessage(context.stamp, {
    source: Module.edgecontroller,
    group: Group.resource,
    operation: Operation.response,
    resource: resourceOf(
      request.namespace,
      fields.type ?? request.type,
      request.name,
    ),
    content: fields.content,
    parentId: request.message.header.msg_id,
    ...(fields.resourceVersion
      ? { resourceVersion: fields.resourceVersion }
      : {}),
  });
}

/** Content of an answer that failed. */
export function failure(status: ApiStatus): { ErrStatus: ApiStatus } {
  return { ErrStatus: status };
}

/** Answers a query: the object with its kind, or the bare error. */
export function objectReply(
  request: NodeRequest,
  context: AnswerContext,
  found: ApiResult<CloudObject>,
): Message[] {
  if (!found.ok) {
    return [reply(request, context, { content: failure(found.status) })];
  }
  const { resourceVersion } = found.object.metadata;
  const content = withKind(found.object);
  return [reply(request, context, { content, resourceVersion })];
}

/** What Go writes for an object that was never filled in. */
const SKELETONS: Readonly<Record<string, unknown>> = {
  node: {
    metadata: { creationTimestamp: null },
    spec: {},
    status: {
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      nodeInfo: {
        machineID: "",
        systemUUID: "",
        bootID: "",
        kernelVersion: "",
        osImage: "",
        containerRuntimeVersion: "",
        kubeletVersion: "",
        kubeProxyVersion: "",
        operatingSystem: "",
        architecture: "",
      },
    },
  },
  pod: {
    metadata: { creationTimestamp: null },
    spec: { containers: null },
    status: {},
  },
  lease: { metadata: { creationTimestamp: null }, spec: {} },
};

/** How an ObjectResp is written. */
export interface ObjectRespOptions {
  /** Type of the object, for the skeleton beside an error. */
  readonly skeleton: string;
  /** Whether the message carries the object's version. */
  readonly versioned: boolean;
}

/** Answers a write: an ObjectResp, the object without its kind. */
export function objectResp(
  request: NodeRequest,
  context: AnswerContext,
  result: ApiResult<CloudObject> & ObjectRespOptions,
): Message[] {
  const content = result.ok
    ? { Object: withoutKind(result.object), Err: null }
    : {
      Object: SKELETONS[result.skeleton] ?? null,
      Err: failure(result.status),
    };
  const resourceVersion = result.ok && result.versioned
    ? result.object.metadata.resourceVersion
    : "";
  return [reply(request, context, { content, resourceVersion })];
}
