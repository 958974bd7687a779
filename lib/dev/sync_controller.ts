import {
  Group,
  type Message,
  Module,
  newMessage,
  Operation,
  resourceOf,
  type Stamp,
} from "../message/mod.ts";
import type { CloudObject } from "./cloud_object.ts";
import type { CloudObjects } from "./cloud_objects.ts";
import { withKind, withoutKind } from "./edge_controller.ts";
import { kindOf } from "./kinds.ts";
import { isNewer, type ObjectSync } from "./object_syncs.ts";

/** What SyncController compares. */
export interface RepairOptions {
  /** Ids and time of its messages. */
  readonly stamp: Stamp;
  /** Kubernetes. */
  readonly objects: CloudObjects;
  /** Whether CloudCore's copy of an object carries its kind. */
  readonly hasKind: (object: CloudObject) => boolean;
}

/**
 * What SyncController sends for one ObjectSync (wire document, 4.5): an object
 * that is newer as `update`, one that is gone or has another uid as stub
 * `delete`.
 *
 * @returns `undefined` if the node is up to date.
 */
export function repair(
  sync: ObjectSync,
  options: RepairOptions,
): Message | undefined {
  const object = lookUp(sync, options.objects);
  const common = {
    source: Module.edgecontroller,
    group: Group.resource,
    resource: resourceOf(sync.namespace, sync.type, sync.name),
  };
  if (!object || object.metadata.uid !== sync.uid) {
    const { name, namespace, uid } = sync;
    return newMessage(options.stamp, {
      ...common,
      operation: Operation.delete,
      content: { metadata: { name, namespace, uid } },
    });
  }
  const { resourceVersion } = object.metadata;
  if (sync.version === "") return undefined;
  if (!isNewer(resourceVersion, sync.version)) return undefined;
  return newMessage(options.stamp, {
    ...common,
    operation: Operation.update,
    content: options.hasKind(object) ? withKind(object) : withoutKind(object),
    resourceVersion,
  });
}

/** Under a namespace nothing cluster-scoped is found, hence the odd deletes. */
function lookUp(
  sync: ObjectSync,
  objects: CloudObjects,
): CloudObject | undefined {
  const namespaced = kindOf(sync.type).namespaced;
  if (!namespaced && sync.namespace !== "null") return undefined;
  return objects.get(sync);
}
