import { isRecord } from "../base/mod.ts";
import {
  Group,
  type Message,
  Module,
  newMessage,
  Operation,
  resourceOf,
  ResourceType,
} from "../message/mod.ts";
import type { MetaRow, StoreTransaction } from "../store/mod.ts";
import type { Context } from "./context.ts";
import type { Effect, RemoteRequest } from "./outcome.ts";

/**
 * The cloud says that it does not have a pod whose status an agent patched.
 * If the pod is stored, the cloud is asked once whether it is a ghost: it
 * answers the status of a pod that it does not have, or that is another one
 * by now, with a delete (wire document, 7.3; failures.md C12).
 */
export function checkGhost(
  request: RemoteRequest,
  tx: StoreTransaction,
  context: Context,
): Effect[] {
  const [namespace = "", type, name = ""] = request.original.route.resource
    .split("/");
  if (type !== ResourceType.podpatch) return [];
  const pod = tx.get(resourceOf(namespace, ResourceType.pod, name));
  return pod
    ? podReports([pod], tx, context)
      .map((message) => ({ kind: "to-cloud", message }))
    : [];
}

/** Reports of stored pods, one per namespace, so that ghosts are deleted. */
export function podReports(
  pods: readonly MetaRow[],
  tx: StoreTransaction,
  context: Context,
): Message[] {
  const byNamespace = Map.groupBy(
    // Without a uid the cloud could not tell a ghost from its successor.
    pods.filter(({ uid }) => uid !== ""),
    ({ key }) => key.slice(0, key.indexOf("/")),
  );
  return [...byNamespace].map(([namespace, rows]) =>
    newMessage(context, {
      source: Module.metamanager,
      group: Group.resource,
      operation: Operation.update,
      resource: resourceOf(namespace, ResourceType.podstatus),
      content: rows.map((row) => ({
        UID: row.uid,
        Name: row.key.slice(row.key.lastIndexOf("/") + 1),
        Status: statusOf(row, tx),
      })),
    })
  );
}

/** The status that an agent reported of this pod, else the stored pod's own. */
function statusOf(pod: MetaRow, tx: StoreTransaction): unknown {
  const [namespace = "", , name] = pod.key.split("/");
  const reported = fieldsOf(
    tx.get(resourceOf(namespace, ResourceType.podstatus, name))?.value,
  );
  if (reported.UID === pod.uid && reported.Status) return reported.Status;
  return fieldsOf(pod.value).status ?? {};
}

function fieldsOf(value = ""): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse(value);
    return isRecord(fields) ? fields : {};
  } catch {
    // No row, or a damaged one: an empty status asks the same question.
    return {};
  }
}
