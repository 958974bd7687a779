import { NO_NAMESPACE } from "../message/mod.ts";

/** Metadata of an object that Kubernetes keeps. */
export interface ObjectMeta {
  /** Name, unique among its kind and namespace. */
  readonly name: string;
  /** Namespace; missing if cluster-scoped. */
  readonly namespace?: string;
  /** UUID, new for each creation. */
  readonly uid: string;
  /** Version, a uint64 in decimal; rises over all objects. */
  readonly resourceVersion: string;
  /** RFC 3339, whole seconds. */
  readonly creationTimestamp: string;
  /** Set while the object is being deleted. */
  readonly deletionTimestamp?: string;
  /** Labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations, finalizers, owners and whatever else came along. */
  readonly [field: string]: unknown;
}

/** An object that Kubernetes keeps; never changed, only replaced. */
export interface CloudObject {
  /** Kind, for example `Pod`. */
  readonly kind: string;
  /** Group and version, for example `v1`. */
  readonly apiVersion: string;
  /** Metadata. */
  readonly metadata: ObjectMeta;
  /** Spec, status, data and whatever else came along. */
  readonly [field: string]: unknown;
}

/** What a person or a test hands in: kind, name, and what matters. */
export interface Manifest {
  /** Kind, for example `ConfigMap`. */
  readonly kind: string;
  /** Group and version. @default that of the kind */
  readonly apiVersion?: string;
  /** Name, namespace (`default` if missing), labels, ... */
  readonly metadata: {
    /** Name. */
    readonly name: string;
    /** Namespace. @default "default" */
    readonly namespace?: string;
    /** Anything else. */
    readonly [field: string]: unknown;
  };
  /** Anything else. */
  readonly [field: string]: unknown;
}

/** Names one object. */
export interface ObjectRef {
  /** Lower-case type, as in `route.resource`. */
  readonly type: string;
  /** Namespace; not looked at if the type has none. */
  readonly namespace: string;
  /** Name. */
  readonly name: string;
}

/** A change, as a Kubernetes watch tells it. */
export type WatchEvent =
  | { readonly type: "added"; readonly object: CloudObject }
  | {
    readonly type: "modified";
    readonly object: CloudObject;
    readonly old: CloudObject;
  }
  | { readonly type: "deleted"; readonly object: CloudObject };

/** Names an object that is there. */
export function refOf(object: CloudObject): ObjectRef {
  return {
    type: object.kind.toLowerCase(),
    namespace: object.metadata.namespace ?? NO_NAMESPACE,
    name: object.metadata.name,
  };
}
