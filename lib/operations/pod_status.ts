import { isRecord } from "../base/mod.ts";
import { type Message, resourceOf, ResourceType } from "../message/mod.ts";
import type { StoreReader } from "../store/mod.ts";
import type { Effect } from "./outcome.ts";

/**
 * State, of which only the newest counts: one row per object, however long
 * the cloud is away (failures.md C7). It is never refused and goes first.
 */
export const STATE_TYPES: ReadonlySet<string> = new Set([
  ResourceType.podstatus,
  ResourceType.nodestatus,
]);

/** Key of the status of a pod. */
export function statusKeyOf(podKey: string): string {
  const [namespace = "", , name = ""] = podKey.split("/");
  return resourceOf(namespace, ResourceType.podstatus, name);
}

/**
 * Whether a message may leave for the cloud: the status of a pod only while
 * that very pod is stored, since CloudCore answers any other with a delete of
 * whatever has the name (wire document, 7.3).
 */
export function mayLeave(
  message: Message,
  store: Pick<StoreReader, "get">,
): boolean {
  const [namespace = "", type, name = ""] = message.route.resource.split("/");
  if (type !== ResourceType.podstatus || !name) return true;
  const pod = store.get(resourceOf(namespace, ResourceType.pod, name));
  return pod !== undefined &&
    (pod.uid === "" || pod.uid === uidOfStatus(message.content));
}

/** Uid of the pod that a status speaks of; empty if it names none. */
export function uidOfStatus(content: unknown): string {
  const uid = isRecord(content) ? content.UID : undefined;
  return typeof uid === "string" ? uid : "";
}

/** A pod was stored: its status may have waited for that. */
export function statusMayLeave(
  pod: { readonly key: string; readonly type: string },
  store: Pick<StoreReader, "outboxLast" | "outboxUse">,
): Effect[] {
  if (pod.type !== ResourceType.pod) return [];
  // Counted in memory: while the cloud is there, mostly none waits.
  if (store.outboxUse(ResourceType.podstatus).rows === 0) return [];
  const resource = statusKeyOf(pod.key);
  return store.outboxLast(resource)
    ? [{ kind: "status-released", resource }]
    : [];
}
