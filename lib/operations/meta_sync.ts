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
import type { Context, Operate } from "./context.ts";
import type { Effect, Outcome } from "./outcome.ts";
import { isOwnPod } from "./own_pod.ts";
import { statusKeyOf } from "./pod_status.ts";

/** One entry of a status report, as KubeEdge's edged writes it. */
interface PodStatus {
  readonly UID: string;
  readonly Name: string;
  readonly Status: unknown;
}

/**
 * MetaSync: sends the statuses of stored pods, one message per namespace
 * (KubeEdge 1.0 put all under the namespace of the first row, and the cloud
 * deleted the others), and clears statuses whose pod is gone. Nothing is sent
 * while disconnected or when there is nothing; it does not pass the outbox,
 * and leaves out what waits there.
 */
export const metaSync: Operate = (_message, tx, context): Outcome => {
  const byNamespace = new Map<string, PodStatus[]>();
  const effects: Effect[] = [];
  for (const row of tx.list(ResourceType.podstatus)) {
    const [namespace = "", , name = ""] = row.key.split("/");
    if (name === "") continue;
    const pod = tx.get(resourceOf(namespace, ResourceType.pod, name));
    if (!pod) {
      tx.drop(row.key);
      tx.dropOutbox(row.key);
      continue;
    }
    const status = readStatus(row, name);
    if (!status) {
      effects.push({ kind: "noted", what: "damaged-row", resource: row.key });
    } else if (status.UID === pod.uid && !isOnItsWay(tx, row.key)) {
      add(byNamespace, namespace, status);
    }
  }
  if (!context.connected) return effects;
  const mark = tx.reportOwed();
  if (mark > 0) addOtherPods(tx, byNamespace, context);
  const messages = [...byNamespace].map(([namespace, statuses]) =>
    report(context, namespace, statuses)
  );
  if (mark > 0) return [...effects, { kind: "report", messages, mark }];
  return [
    ...effects,
    ...messages.map((message): Effect => ({ kind: "to-cloud", message })),
  ];
};

/**
 * After a loss every stored pod of this node is reported: CloudCore deletes
 * ghosts. Those of others lie here because somebody watches them; it would
 * set their statuses back.
 */
function addOtherPods(
  tx: StoreTransaction,
  byNamespace: Map<string, PodStatus[]>,
  context: Context,
): void {
  for (const pod of tx.list(ResourceType.pod)) {
    if (!isOwnPod(pod.value, context)) continue;
    const [namespace = "", , name = ""] = pod.key.split("/");
    const known = byNamespace.get(namespace)?.some((s) => s.Name === name);
    if (known || !pod.uid || isOnItsWay(tx, statusKeyOf(pod.key))) continue;
    const object = parsed(pod.value);
    const status = isRecord(object) ? object.status ?? {} : {};
    add(byNamespace, namespace, { UID: pod.uid, Name: name, Status: status });
  }
}

/**
 * Whether the outbox tells the cloud of it: not twice, and never before. What
 * the cloud left unanswered there is told here.
 */
function isOnItsWay(tx: StoreTransaction, status: string): boolean {
  return tx.outboxLast(status)?.attempts === 0;
}

function report(
  context: Context,
  namespace: string,
  statuses: readonly PodStatus[],
): Message {
  return newMessage(context, {
    source: Module.metamanager,
    group: Group.resource,
    operation: Operation.update,
    resource: resourceOf(namespace, ResourceType.podstatus),
    content: statuses,
  });
}

function readStatus(row: MetaRow, name: string): PodStatus | undefined {
  const value = parsed(row.value);
  if (!isRecord(value)) return undefined;
  return {
    UID: typeof value.UID === "string" ? value.UID : "",
    Name: typeof value.Name === "string" ? value.Name : name,
    Status: value.Status ?? {},
  };
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // The caller counts the row as damaged and names its key.
    return undefined;
  }
}

function add(
  byNamespace: Map<string, PodStatus[]>,
  namespace: string,
  status: PodStatus,
): void {
  const statuses = byNamespace.get(namespace);
  if (statuses) statuses.push(status);
  else byNamespace.set(namespace, [status]);
}
