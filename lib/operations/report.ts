import { isRecord } from "../base/mod.ts";
import {
  type Message,
  newOk,
  PermanentFault,
  ResourceType,
} from "../message/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import { applyObject } from "./apply.ts";
import type { Context } from "./context.ts";
import { enqueue } from "./enqueue.ts";
import type { Effect, Outcome } from "./outcome.ts";
import { uidOfStatus } from "./pod_status.ts";
import { subjectOf } from "./write.ts";

/**
 * A report of an agent: nothing but an answer if it changes nothing, else
 * stored and put in the outbox in one transaction, so that `OK` means the
 * cloud will hear of it (failures.md A8).
 *
 * @throws {TransientFault} If the outbox is at its bound.
 */
export function reportToCloud(
  message: Message,
  tx: StoreTransaction,
  context: Context,
): Outcome {
  const { key, resource } = subjectOf(message, context);
  if (message.content === null) {
    throw new PermanentFault("bad-content", "Content is empty");
  }
  if (resource.resType === ResourceType.podstatus && resource.resId === "") {
    return reportStatuses(message, tx, context);
  }
  const reply: Effect = {
    kind: "reply",
    to: context.from,
    message: newOk(context, message),
  };
  const note = (what: "unchanged" | "raised" | "stale"): Outcome => [
    { kind: "noted", what, resource: resource.resKey },
    reply,
  ];
  if (isStatusOfDeletedPod(message, tx)) return note("stale");
  const applied = applyObject(tx, message, {
    key,
    type: resource.resType,
    equalWins: true,
    keepSource: true,
  });
  if (applied.kind !== "stored" && applied.kind !== "recreated") {
    return note(applied.kind);
  }
  return [...enqueue(message, tx, context), reply];
}

/**
 * A list of statuses is so many reports: one row and one outbox message for
 * each pod, which go when the pod goes.
 *
 * @throws {PermanentFault} If an entry names no pod.
 */
function reportStatuses(
  message: Message,
  tx: StoreTransaction,
  context: Context,
): Outcome {
  const { content, header, route } = message;
  const effects = new Map<string, Effect>();
  for (const status of Array.isArray(content) ? content : [content]) {
    const name = isRecord(status) ? status.Name : undefined;
    if (typeof name !== "string" || name === "") {
      throw new PermanentFault("bad-content", "A status has no Name");
    }
    const outcome = reportToCloud(
      {
        header: { ...header, msg_id: context.newId() },
        route: { ...route, resource: `${route.resource}/${name}` },
        content: status,
      },
      tx,
      context,
    );
    for (const effect of outcome) {
      const { kind } = effect;
      if (kind !== "reply") effects.set(kind === "outbox" ? "" : name, effect);
    }
  }
  const reply = newOk(context, message);
  return [
    ...effects.values(),
    { kind: "reply", to: context.from, message: reply },
  ];
}

/**
 * Passes an agent's message to the cloud by way of the outbox, unstored.
 *
 * @throws {TransientFault} If the outbox is at its bound.
 */
export function passToCloud(
  message: Message,
  tx: StoreTransaction,
  context: Context,
): Outcome {
  const reply = newOk(context, message);
  return [
    ...enqueue(message, tx, context),
    { kind: "reply", to: context.from, message: reply },
  ];
}

/** A late status of a pod that was deleted here would make it a ghost. */
function isStatusOfDeletedPod(message: Message, tx: StoreTransaction): boolean {
  const [namespace, type, name] = message.route.resource.split("/");
  if (type !== ResourceType.podstatus || !name) return false;
  const pod = `${namespace}/${ResourceType.pod}/${name}`;
  const uid = uidOfStatus(message.content);
  const row = tx.get(pod);
  if (row) return row.uid !== "" && row.uid !== uid;
  return tx.tombstone(pod, uid) !== undefined;
}
