import { isRecord } from "../base/mod.ts";
import {
  Group,
  type Message,
  Module,
  OK,
  Operation,
  ResourceType,
  VOLUME_OPERATIONS,
} from "../message/mod.ts";

/** Types that EdgeController answers without wanting an ack. */
const NO_ACK_TYPES: ReadonlySet<string> = new Set([
  ResourceType.lease,
  ResourceType.node,
  ResourceType.nodepatch,
  ResourceType.podpatch,
  ResourceType.podstatus,
  ResourceType.certificatesigningrequest,
]);

/** Words that keep a message out of the ack queue wherever they stand in it. */
const NO_ACK_WORDS = [
  "podlist",
  "membership",
  "twin/cloud_updated",
  "serviceaccounttoken",
  "k8s/ca.crt",
];

/** Operation of MetaServer's answers. */
export const APPLICATION_RESPONSE = "applicationResponse";

/**
 * Tells whether CloudHub wants an ack for a message (wire document, 4.1).
 */
export function needsAck(message: Message): boolean {
  const { source, group, operation, resource } = message.route;
  if (NO_ACK_WORDS.some((word) => resource.includes(word))) return false;
  if (VOLUME_OPERATIONS.has(operation)) return false;
  if (operation === APPLICATION_RESPONSE || group === Group.user) return false;
  if (operation === Operation.response && isPlainAnswer(message.content)) {
    return false;
  }
  if (source !== Module.edgecontroller) return true;
  const type = resource.split("/")[1] ?? "";
  // Since KubeEdge 1.23 pushed nodes are acked; before, no node is pushed.
  if (type === ResourceType.node) return operation === Operation.update;
  if (type === ResourceType.pod) return operation !== Operation.response;
  return !NO_ACK_TYPES.has(type);
}

/** Uid of the object in a message; empty if there is none. */
export function uidOf(message: Message): string {
  const { content } = message;
  if (!isRecord(content) || !isRecord(content.metadata)) return "";
  return typeof content.metadata.uid === "string" ? content.metadata.uid : "";
}

/** CloudHub's notion of a delete: also an object that is being deleted. */
export function isDelete(message: Message): boolean {
  if (message.route.operation === Operation.delete) return true;
  const { content } = message;
  return isRecord(content) && isRecord(content.metadata) &&
    Boolean(content.metadata.deletionTimestamp);
}

function isPlainAnswer(content: unknown): boolean {
  return content === OK || (isRecord(content) && "ErrStatus" in content);
}
