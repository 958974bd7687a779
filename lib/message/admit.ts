import type { FaultKind, MessageFault } from "./fault.ts";
import type { Message } from "./message.ts";
import { Group, Operation, VOLUME_OPERATIONS } from "./names.ts";
import { quote, readableParts } from "./readable.ts";
import { parseResource } from "./resource.ts";

/**
 * Where a message entered the node. It is known from the link, never read
 * from `route.source`, which a peer may fill as it likes.
 */
export type Origin = "cloud" | "edged" | "internal";

const OPERATIONS: Readonly<Record<Origin, ReadonlySet<string>>> = {
  cloud: new Set([
    Operation.insert,
    Operation.update,
    Operation.delete,
    Operation.response,
    Operation.error,
    Operation.applicationResponse,
  ]),
  edged: new Set([
    Operation.insert,
    Operation.update,
    Operation.delete,
    Operation.query,
    Operation.patch,
    Operation.response,
    Operation.error,
  ]),
  internal: new Set([
    Operation.connect,
    Operation.publish,
    Operation.metaSync,
  ]),
};

const KNOWN: ReadonlySet<string> = new Set([
  ...Object.values(Operation),
  ...VOLUME_OPERATIONS,
]);

/** Groups whose messages name Kubernetes objects (wire document, 2.5 and 6). */
const OBJECT_GROUPS: ReadonlySet<string> = new Set([
  "",
  Group.resource,
  Group.func,
  Group.meta,
  Group.edged,
]);

/**
 * Says why the processor may not take a decoded message: an operation that
 * nobody knows or that this side may not ask for, a group that does not
 * belong here, a resource that the operation cannot work on.
 *
 * @returns `undefined` if it may.
 */
export function admit(
  message: Message,
  origin: Origin,
): MessageFault | undefined {
  const { operation, resource } = message.route;
  if (!OPERATIONS[origin].has(operation)) {
    return KNOWN.has(operation)
      ? fault(message, "not-allowed", `Not allowed from here: ${operation}`)
      : fault(
        message,
        "unknown-operation",
        `Unknown operation: ${quote(operation)}`,
      );
  }
  if (origin === "internal") return undefined;
  const group = message.route.group ?? "";
  if (!OBJECT_GROUPS.has(group)) {
    return fault(
      message,
      "not-allowed",
      `No module here in group: ${quote(group)}`,
    );
  }
  // What answers a request of ours is matched by its parent id alone.
  if (message.header.parent_msg_id && isAnswer(operation)) return undefined;
  if (!parseResource(resource)) {
    return fault(
      message,
      "bad-resource",
      `Resource is not <namespace>/<type>[/<name>]: ${quote(resource)}`,
    );
  }
  return undefined;
}

/** Tells whether an operation answers another message. */
export function isAnswer(operation: string): boolean {
  return operation === Operation.response || operation === Operation.error ||
    operation === Operation.applicationResponse;
}

function fault(message: Message, kind: FaultKind, text: string): MessageFault {
  return { kind, text, ...readableParts(message) };
}
