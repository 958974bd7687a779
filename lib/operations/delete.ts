import { newOk, PermanentFault, ResourceType } from "../message/mod.ts";
import { isRecord } from "../base/mod.ts";
import type { Operate } from "./context.ts";
import { passToCloud } from "./report.ts";
import { deleteFromCloud, subjectOf } from "./write.ts";

/**
 * Delete. From the cloud: delete, leave a tombstone, tell the agents, answer
 * the cloud. From an agent: a pod's goes to the cloud and the row stays until
 * the cloud's own delete comes; of what the agent itself stored it goes at
 * once.
 */
export const remove: Operate = (message, tx, context) => {
  if (context.origin === "cloud") return deleteFromCloud(message, tx, context);
  const { policy, resource, key } = subjectOf(message, context);
  if (policy.outbox) {
    if (resource.resType === ResourceType.pod) checkOptions(message.content);
    return passToCloud(message, tx, context);
  }
  if (!policy.stored) {
    throw new PermanentFault(
      "not-allowed",
      `Only the cloud deletes objects of type: ${resource.resType}`,
    );
  }
  if (resource.resType === ResourceType.serviceaccounttoken) {
    const uid = boundPod(message.content);
    for (const token of tx.list(resource.resType)) {
      if (uid && token.uid === uid) tx.drop(token.key);
    }
  } else {
    tx.drop(key);
    tx.dropOutbox(resource.resKey);
  }
  const reply = newOk(context, message);
  return [{ kind: "reply", to: context.from, message: reply }];
};

/**
 * CloudCore reads what comes as Kubernetes' DeleteOptions, of which an object
 * has none: it would only ask for a graceful end, for ever.
 *
 * @throws {PermanentFault} If it is an object.
 */
function checkOptions(content: unknown): void {
  if (!isRecord(content) || !("metadata" in content)) return;
  throw new PermanentFault(
    "bad-content",
    "The delete of a pod holds an object in place of DeleteOptions, such as " +
      '{"gracePeriodSeconds":0,"preconditions":{"uid":"..."}}',
  );
}

/** edged names the pod by its uid, as text or as an object's uid. */
function boundPod(content: unknown): string {
  if (typeof content === "string") return content;
  if (!isRecord(content)) return "";
  const metadata = isRecord(content.metadata) ? content.metadata : content;
  return typeof metadata.uid === "string" ? metadata.uid : "";
}
