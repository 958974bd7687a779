import {
  Group,
  type Message,
  Module,
  newMessage,
  NO_NAMESPACE,
  Operation,
  resourceOf,
  ResourceType,
  type Stamp,
} from "../message/mod.ts";

/** Namespace of the leases of nodes. */
const LEASE_NAMESPACE = "kube-node-lease";

/** What keeps CloudHub's session alive, as the stock edge sends it. */
export function keepalive(stamp: Stamp): Message {
  return newMessage(stamp, {
    source: Module.edgehub,
    group: Group.resource,
    operation: Operation.keepalive,
    resource: "node",
    content: "ping",
  });
}

/** A question that any session answers, and a rejected one does not. */
export function nodeQuery(stamp: Stamp, nodeId: string): Message {
  const resource = resourceOf(NO_NAMESPACE, ResourceType.node, nodeId);
  return query(stamp, resource);
}

/** The same with a small answer, which nothing is made of. */
export function leaseQuery(stamp: Stamp, nodeId: string): Message {
  return query(stamp, resourceOf(LEASE_NAMESPACE, ResourceType.lease, nodeId));
}

function query(stamp: Stamp, resource: string): Message {
  return newMessage(stamp, {
    source: Module.metamanager,
    group: Group.meta,
    operation: Operation.query,
    resource,
  });
}
