import type { CloudObject, Manifest, ObjectRef } from "../dev/mod.ts";
import type { Message } from "../message/mod.ts";
import { at } from "./check.ts";
import { NODE } from "./world.ts";

/** A pod that runs on the node. */
export function podManifest(
  namespace: string,
  name: string,
  image: string,
): Manifest {
  return {
    kind: "Pod",
    metadata: { namespace, name, labels: { app: name } },
    spec: { nodeName: NODE, containers: [{ name: "main", image }] },
  };
}

/** A configmap with one key. */
export function configManifest(name: string, mode: string): Manifest {
  return {
    kind: "ConfigMap",
    metadata: { namespace: "default", name },
    data: { mode },
  };
}

/** Names a pod. */
export function podRef(namespace: string, name: string): ObjectRef {
  return { type: "pod", namespace, name };
}

/** The object with another image, as `kubectl set image` makes it. */
export function withImage(pod: CloudObject, image: string): CloudObject {
  return {
    ...pod,
    spec: { nodeName: NODE, containers: [{ name: "main", image }] },
  };
}

/** Image of a pod's container. */
export function imageOf(pod: unknown): string {
  return String(at(pod, "spec", "containers", 0, "image"));
}

/** `<namespace>/<name>` of an object. */
export function nameOf(object: unknown): string {
  return `${at(object, "metadata", "namespace")}/${
    at(object, "metadata", "name")
  }`;
}

/** Version of a message's object. */
export function versionOf(message: Message): string {
  return `version ${
    message.header.resourceversion ??
      at(message.content, "metadata", "resourceVersion")
  }`;
}

/** Local revision that a handed-over message carries. */
export function revisionOf(message: Message): string {
  return `revision ${message.header.revision}, committed before`;
}
