import { isRecord } from "../base/mod.ts";
import {
  Group,
  type Message,
  Module,
  newMessage,
  NO_NAMESPACE,
  Operation,
  resourceOf,
  type Stamp,
} from "../message/mod.ts";
import { type CloudObject, refOf, type WatchEvent } from "./cloud_object.ts";
import type { CloudObjects } from "./cloud_objects.ts";
import { configsOf } from "./pod_configs.ts";

/** What makes a Node an edge node; without it CloudCore sends it nothing. */
export const EDGE_LABEL = "node-role.kubernetes.io/edge";

/** What the downstream half of EdgeController needs. */
export interface EdgeControllerOptions {
  /** Ids and time of its messages. */
  readonly stamp: Stamp;
  /** Hands a message to CloudHub. */
  readonly send: (node: string, message: Message) => void;
  /** Whether nodes are pushed on every change, as CloudCore does since 1.23. */
  readonly pushNodes: boolean;
}

/**
 * EdgeController's downstream half: watches Kubernetes and tells nodes of
 * their pods, and of the configmaps and secrets that their pods refer to
 * (wire document, 7.3).
 */
export class EdgeController {
  readonly #options: EdgeControllerOptions;
  readonly #edgeNodes = new Set<string>();
  readonly #users = new Map<string, Set<string>>();
  readonly #bare = new Set<string>();

  /** Knows nothing yet: see {@link EdgeController.relist}. */
  constructor(options: EdgeControllerOptions) {
    this.#options = options;
  }

  /**
   * Starts anew, as after a restart of CloudCore: every object is an Added
   * event.
   */
  relist(objects: CloudObjects): void {
    this.#edgeNodes.clear();
    this.#users.clear();
    this.#bare.clear();
    for (const type of ["node", "pod", "configmap", "secret"]) {
      for (const object of objects.list(type)) {
        this.handle({ type: "added", object });
      }
    }
  }

  /**
   * Whether CloudCore's copy of an object carries `kind` and `apiVersion`: it
   * writes them into a pod only when it sends it itself, which it does not do
   * for a status-only change (wire document, 4.5).
   */
  hasKind(object: CloudObject): boolean {
    return !this.#bare.has(object.metadata.uid);
  }

  /** Takes a change of Kubernetes. */
  handle(event: WatchEvent): void {
    switch (refOf(event.object).type) {
      case "node":
        return this.#handleNode(event);
      case "pod":
        return this.#handlePod(event);
      case "configmap":
      case "secret":
        return this.#handleConfig(event);
    }
  }

  #handleNode(event: WatchEvent): void {
    const { name, labels } = event.object.metadata;
    if (event.type === "deleted") {
      this.#edgeNodes.delete(name);
    } else if (labels && EDGE_LABEL in labels) {
      this.#edgeNodes.add(name);
      if (this.#options.pushNodes && event.type === "modified") {
        this.#send(name, Operation.update, event.object);
      }
    }
  }

  #handlePod(event: WatchEvent): void {
    const pod = event.object;
    const node = nodeNameOf(pod);
    if (!node || !this.#edgeNodes.has(node)) return;
    this.#noteConfigs(pod, node);
    if (event.type === "modified" && isStatusOnly(event.old, pod)) {
      this.#bare.add(pod.metadata.uid);
      return;
    }
    this.#bare.delete(pod.metadata.uid);
    if (event.type === "deleted") this.#send(node, Operation.delete, pod);
    else if (event.type === "added" && !pod.metadata.deletionTimestamp) {
      this.#send(node, Operation.insert, pod);
    } else this.#send(node, Operation.update, pod);
  }

  #handleConfig(event: WatchEvent): void {
    const { object } = event;
    const { type, namespace, name } = refOf(object);
    const nodes = this.#users.get(`${type}/${namespace}/${name}`) ?? [];
    for (const node of nodes) {
      this.#send(node, operationOf(event, type), object);
    }
  }

  /** Nodes are never taken off again: CloudCore remembers past pods, too. */
  #noteConfigs(pod: CloudObject, node: string): void {
    const namespace = pod.metadata.namespace ?? "";
    for (const { type, name } of configsOf(pod.spec)) {
      const key = `${type}/${namespace}/${name}`;
      const nodes = this.#users.get(key) ?? new Set<string>();
      this.#users.set(key, nodes.add(node));
    }
  }

  #send(node: string, operation: string, object: CloudObject): void {
    const { type, namespace, name } = refOf(object);
    this.#options.send(
      node,
      newMessage(this.#options.stamp, {
        source: Module.edgecontroller,
        group: Group.resource,
        operation,
        resource: resourceOf(namespace, type, name),
        content: withKind(object),
        resourceVersion: object.metadata.resourceVersion,
      }),
    );
  }
}

/** The object with `kind` and `apiVersion` in front, as CloudCore sends it. */
export function withKind(object: CloudObject): Record<string, unknown> {
  const { kind, apiVersion, metadata, ...rest } = object;
  return { kind, apiVersion, metadata, ...rest };
}

/** The object without `kind` and `apiVersion`, as most of CloudCore has it. */
export function withoutKind(object: CloudObject): Record<string, unknown> {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}

/** Name of the node that a pod is bound to; empty if to none. */
export function nodeNameOf(pod: CloudObject): string {
  const name = isRecord(pod.spec) ? pod.spec.nodeName : "";
  return typeof name === "string" && name !== NO_NAMESPACE ? name : "";
}

/** A secret that appears is sent as `update`, a configmap as `insert`. */
function operationOf(event: WatchEvent, type: string): string {
  switch (event.type) {
    case "deleted":
      return Operation.delete;
    case "modified":
      return Operation.update;
    case "added":
      return type === "secret" ? Operation.update : Operation.insert;
  }
}

/** EdgeController's filter: metadata but version and generation, and spec. */
function isStatusOnly(old: CloudObject, pod: CloudObject): boolean {
  const seen = (object: CloudObject) => {
    const { resourceVersion: _version, generation: _generation, ...metadata } =
      object.metadata;
    return JSON.stringify([metadata, object.spec]);
  };
  return seen(old) === seen(pod);
}
