import { type Clock, type Ids, isRecord } from "../base/mod.ts";
import {
  alreadyExists,
  type ApiResult,
  notFound,
  otherUid,
  staleVersion,
} from "./api_status.ts";
import type {
  CloudObject,
  Manifest,
  ObjectRef,
  WatchEvent,
} from "./cloud_object.ts";
import { type Kind, kindOf, namespaceOf } from "./kinds.ts";
import { withPodDefaults } from "./pod_defaults.ts";

/** What an empty Kubernetes starts with. */
export interface CloudObjectsOptions {
  /** Stamps objects. */
  readonly clock: Clock;
  /** Uids of objects. */
  readonly ids: Ids;
  /** Version of the first object. @default 1000 */
  readonly firstVersion?: number;
}

/** What an update is based on. */
export interface UpdateOptions {
  /** Version that it is based on; empty or missing: any. */
  readonly resourceVersion?: string;
  /** Uid that the object must have; empty or missing: any. */
  readonly uid?: string;
}

/** How to delete. */
export interface DeleteOptions {
  /** Only the object with this uid. */
  readonly uid?: string;
  /**
   * Seconds that a bound pod gets to end; 0 removes it at once.
   * @default 30
   */
  readonly gracePeriodSeconds?: number;
}

/**
 * The Kubernetes side: objects by type, namespace and name, one rising
 * counter of versions, and a watch. Pure: no I/O, time and ids come from
 * outside.
 *
 * Invariants: an object is never changed, only replaced; a change that changes
 * nothing keeps its version and is not told; watchers are told at once and in
 * order.
 */
export class CloudObjects {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #objects = new Map<string, CloudObject>();
  readonly #watchers = new Set<(event: WatchEvent) => void>();
  #version: bigint;

  /** Starts empty. */
  constructor(options: CloudObjectsOptions) {
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#version = BigInt(options.firstVersion ?? 1000) - 1n;
  }

  /** Version of the last change, a uint64 in decimal. */
  get version(): string {
    return String(this.#version);
  }

  /** Watches all changes; returns a function that ends it. */
  watch(watcher: (event: WatchEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** One object, or `undefined`. */
  get(ref: ObjectRef): CloudObject | undefined {
    return this.#objects.get(keyOf(ref));
  }

  /** All objects of a type, in order of creation; of one namespace if named. */
  list(type: string, namespace?: string): CloudObject[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${type}/`)).map(
      ([, object]) => object,
    ).filter((object) =>
      namespace === undefined || object.metadata.namespace === namespace
    );
  }

  /** All objects, in order of creation. */
  all(): CloudObject[] {
    return [...this.#objects.values()];
  }

  /** Creates; `AlreadyExists` if the name is taken. */
  create(manifest: Manifest): ApiResult<CloudObject> {
    const { ref, kind } = read(manifest);
    if (this.get(ref)) {
      return { ok: false, status: alreadyExists(kind, ref.name) };
    }
    const { creationTimestamp: _time, namespace: _space, ...rest } =
      manifest.metadata;
    const object = withPodDefaults({
      ...manifest,
      kind: kind.kind === kind.type ? manifest.kind : kind.kind,
      apiVersion: manifest.apiVersion ?? kind.apiVersion,
      metadata: {
        ...rest,
        name: ref.name,
        ...(kind.namespaced ? { namespace: ref.namespace } : {}),
        uid: this.#ids(),
        resourceVersion: this.#nextVersion(),
        creationTimestamp: this.timestamp(),
      },
    });
    this.#objects.set(keyOf(ref), object);
    this.#tell({ type: "added", object });
    return { ok: true, object };
  }

  /**
   * Replaces an object by what `change` makes of it.
   *
   * A version or uid that is not the object's own is a `Conflict`.
   */
  update(
    ref: ObjectRef,
    change: (object: CloudObject) => CloudObject,
    options: UpdateOptions = {},
  ): ApiResult<CloudObject> {
    const kind = kindOf(ref.type);
    const old = this.get(ref);
    if (!old) return { ok: false, status: notFound(kind, ref.name) };
    const refused = checkUid(old, ref, options.uid);
    if (refused) return refused;
    const based = options.resourceVersion;
    if (based && based !== old.metadata.resourceVersion) {
      return { ok: false, status: staleVersion(kind, ref.name) };
    }
    const changed = change(old);
    if (JSON.stringify(changed) === JSON.stringify(old)) {
      return { ok: true, object: old };
    }
    const object: CloudObject = {
      ...changed,
      metadata: {
        ...changed.metadata,
        name: ref.name,
        uid: old.metadata.uid,
        resourceVersion: this.#nextVersion(),
        creationTimestamp: old.metadata.creationTimestamp,
      },
    };
    this.#objects.set(keyOf(ref), object);
    this.#tell({ type: "modified", object, old });
    return { ok: true, object };
  }

  /** Creates the object, or lays the manifest over the one that is there. */
  apply(manifest: Manifest): CloudObject {
    const { ref } = read(manifest);
    const result = this.get(ref)
      ? this.update(ref, (old) => overlay(old, manifest))
      : this.create(manifest);
    if (!result.ok) throw new Error(result.status.message);
    return result.object;
  }

  /**
   * Deletes. A bound pod with a grace period only gets a `deletionTimestamp`,
   * as `kubectl delete` does; the node removes it later.
   *
   * @returns The object as it was last.
   */
  delete(ref: ObjectRef, options: DeleteOptions = {}): ApiResult<CloudObject> {
    const old = this.get(ref);
    if (!old) {
      return { ok: false, status: notFound(kindOf(ref.type), ref.name) };
    }
    const refused = checkUid(old, ref, options.uid);
    if (refused) return refused;
    const graceSeconds = options.gracePeriodSeconds ?? 30;
    if (ref.type === "pod" && graceSeconds > 0 && isBound(old)) {
      if (old.metadata.deletionTimestamp) return { ok: true, object: old };
      return this.update(ref, (pod) => ({
        ...pod,
        metadata: {
          ...pod.metadata,
          deletionTimestamp: this.timestamp(graceSeconds * 1000),
          deletionGracePeriodSeconds: graceSeconds,
        },
      }));
    }
    this.#objects.delete(keyOf(ref));
    const object: CloudObject = {
      ...old,
      metadata: { ...old.metadata, resourceVersion: this.#nextVersion() },
    };
    this.#tell({ type: "deleted", object });
    return { ok: true, object };
  }

  /** The wall clock as Kubernetes writes it: whole seconds, UTC. */
  timestamp(offsetMs = 0): string {
    const at = new Date(this.#clock.now() + offsetMs);
    return at.toISOString().replace(/\.\d+Z$/, "Z");
  }

  #nextVersion(): string {
    this.#version += 1n;
    return String(this.#version);
  }

  #tell(event: WatchEvent): void {
    for (const watcher of this.#watchers) watcher(event);
  }
}

function read(manifest: Manifest): { ref: ObjectRef; kind: Kind } {
  const { name, namespace = "default" } = manifest.metadata;
  const type = manifest.kind.toLowerCase();
  return { ref: { type, namespace, name }, kind: kindOf(type) };
}

function keyOf(ref: ObjectRef): string {
  return `${ref.type}/${namespaceOf(ref.type, ref.namespace)}/${ref.name}`;
}

function isBound(pod: CloudObject): boolean {
  return isRecord(pod.spec) && Boolean(pod.spec.nodeName);
}

function checkUid(
  object: CloudObject,
  ref: ObjectRef,
  uid: string | undefined,
): { ok: false; status: ReturnType<typeof otherUid> } | undefined {
  const found = object.metadata.uid;
  if (!uid || uid === found) return undefined;
  const key = `${ref.namespace}/${ref.name}`;
  return {
    ok: false,
    status: otherUid(kindOf(ref.type), ref.name, { key, wanted: uid, found }),
  };
}

/** Top-level fields of the manifest replace, metadata is merged. */
function overlay(old: CloudObject, manifest: Manifest): CloudObject {
  const { metadata: { namespace: _space, ...metadata }, ...fields } = manifest;
  const object = withPodDefaults({
    ...old,
    ...fields,
    kind: old.kind,
    apiVersion: old.apiVersion,
    metadata: { ...old.metadata, ...metadata },
  });
  // What the node has reported is no matter of a manifest that says nothing.
  return "status" in old && !("status" in fields)
    ? { ...object, status: old.status }
    : object;
}
