import { isRecord } from "../base/mod.ts";
import {
  NO_NAMESPACE,
  PermanentFault,
  type ResourceKey,
  resourceOf,
  ResourceType,
} from "../message/mod.ts";

/** Types without a namespace; old peers write `default` where new ones write `null`. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
  ResourceType.node,
  ResourceType.persistentvolume,
  ResourceType.volumeattachment,
]);

/** Kind and apiVersion of the types whose objects CloudCore may send without. */
const KINDS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["pod", ["Pod", "v1"]],
  ["node", ["Node", "v1"]],
  ["configmap", ["ConfigMap", "v1"]],
  ["secret", ["Secret", "v1"]],
  ["service", ["Service", "v1"]],
  ["endpoints", ["Endpoints", "v1"]],
  ["namespace", ["Namespace", "v1"]],
  ["serviceaccount", ["ServiceAccount", "v1"]],
  ["persistentvolume", ["PersistentVolume", "v1"]],
  ["persistentvolumeclaim", ["PersistentVolumeClaim", "v1"]],
  ["volumeattachment", ["VolumeAttachment", "storage.k8s.io/v1"]],
  ["serviceaccountaccess", [
    "ServiceAccountAccess",
    "policy.kubeedge.io/v1alpha1",
  ]],
]);

/** Whether objects of a type have no namespace. */
export function isClusterScoped(resType: string): boolean {
  return CLUSTER_SCOPED.has(resType);
}

/**
 * The key under which an object lies: one per object, however the peer spelt
 * it (failures.md E6). Cluster-scoped objects lie under `null`.
 */
export function storeKeyOf(resource: ResourceKey): string {
  return isClusterScoped(resource.resType)
    ? resourceOf(NO_NAMESPACE, resource.resType, resource.resId)
    : resource.resKey;
}

/**
 * How the cloud is asked for a resource. Volumes asked for under `default`
 * are deleted again within 5 s by SyncController (wire document, 4.5).
 */
export function upstreamResource(resource: ResourceKey): string {
  return resource.resType === ResourceType.persistentvolume ||
      resource.resType === ResourceType.volumeattachment
    ? storeKeyOf(resource)
    : resource.resKey;
}

/**
 * Gives an object the `kind` and `apiVersion` that a repair of CloudCore
 * leaves out: those of the stored one, else those of its type.
 *
 * @param stored Gives the value of the stored row, if there is one.
 * @returns The content itself if nothing was missing.
 */
export function withKind(
  content: unknown,
  resType: string,
  stored?: () => string,
): unknown {
  if (!isRecord(content) || !isRecord(content.metadata)) return content;
  if (content.kind && content.apiVersion) return content;
  const old = stored ? kindOf(stored()) : undefined;
  const [kind, apiVersion] = old ?? KINDS.get(resType) ?? [];
  if (!kind) return content;
  return { kind, apiVersion, ...content };
}

function kindOf(value: string): readonly [string, string] | undefined {
  let object: unknown;
  try {
    object = JSON.parse(value);
  } catch {
    // A damaged row has no kind to keep; the type's own stands in.
    return undefined;
  }
  return isRecord(object) && typeof object.kind === "string" &&
      typeof object.apiVersion === "string"
    ? [object.kind, object.apiVersion]
    : undefined;
}

/**
 * The full key of a token, in KubeEdge's notation (wire document, 6): name,
 * namespace, audiences, expiry and bound object of the TokenRequest that was
 * *asked*, so that what the API server fills in makes no other key.
 *
 * @param content The TokenRequest.
 * @throws {PermanentFault} If it is no TokenRequest.
 */
export function tokenKey(resource: ResourceKey, content: unknown): string {
  const spec = isRecord(content) && isRecord(content.spec) ? content.spec : {};
  const audiences = spec.audiences ?? null;
  if (
    audiences !== null &&
    !(Array.isArray(audiences) && audiences.every((a) => typeof a === "string"))
  ) {
    throw new PermanentFault("bad-content", "Token audiences are not strings");
  }
  const bound = isRecord(spec.boundObjectRef) ? spec.boundObjectRef : {};
  const field = (name: string) =>
    JSON.stringify(typeof bound[name] === "string" ? bound[name] : "");
  const list = audiences === null
    ? "[]string(nil)"
    : `[]string{${audiences.map((a) => JSON.stringify(a)).join(", ")}}`;
  return `${JSON.stringify(resource.resId)}/${
    JSON.stringify(resource.namespace)
  }/${list}/${Number(spec.expirationSeconds ?? 0)}/v1.BoundObjectReference{` +
    `Kind:${field("kind")}, APIVersion:${field("apiVersion")}, ` +
    `Name:${field("name")}, UID:${field("uid")}}`;
}

/** Uid of the pod that a TokenRequest is bound to; empty if to none. */
export function boundUid(content: unknown): string {
  const spec = isRecord(content) && isRecord(content.spec) ? content.spec : {};
  const bound = isRecord(spec.boundObjectRef) ? spec.boundObjectRef : {};
  return typeof bound.uid === "string" ? bound.uid : "";
}
