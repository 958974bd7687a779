import {
  Group,
  type Message,
  Module,
  newMessage,
  Operation,
  REPLAY_RESOURCE,
  type Stamp,
} from "../message/mod.ts";
import { deleteOf, isForAgents, policyFor } from "../operations/mod.ts";
import type { Change, StoreReader } from "../store/mod.ts";

/** What messages of a replay are made from. */
export interface ReplaySources {
  /** Ids and time of the messages. */
  readonly stamp: Stamp;
  /** Where the objects are read. */
  readonly store: StoreReader;
  /** Name of this node. */
  readonly nodeId: string;
}

/**
 * The message that tells of a change, without its revision; `undefined` if it
 * is not for agents.
 */
export function changeMessage(
  change: Change,
  { stamp, store, nodeId }: ReplaySources,
): Message | undefined {
  if (change.kind === "tombstone") {
    const { key, source, uid, type } = change.tombstone;
    const policy = policyFor(Operation.delete, "cloud", { source, type });
    if (policy.handOver === "no") return undefined;
    return deleteOf(stamp, { resource: key, uid, source });
  }
  const row = store.get(change.key);
  // Changed again meanwhile: the later change tells of it.
  if (row?.revision !== change.revision) return undefined;
  const policy = policyFor(Operation.update, "cloud", row);
  if (policy.handOver === "no") return undefined;
  const content = contentOf(row.value);
  if (!isForAgents(policy, content, { nodeId })) return undefined;
  return newMessage(stamp, {
    source: row.source,
    group: Group.resource,
    operation: Operation.update,
    resource: row.key,
    content,
    ...(row.version ? { resourceVersion: row.version } : {}),
  });
}

/** The message that begins or ends a replay. */
export function replayMarker(stamp: Stamp, content: unknown): Message {
  return newMessage(stamp, {
    source: Module.metamanager,
    group: Group.edged,
    operation: Operation.publish,
    resource: REPLAY_RESOURCE,
    content,
  });
}

/** The same message with the store revision that it brings an agent up to. */
export function withRevision(message: Message, revision: number): Message {
  return { ...message, header: { ...message.header, revision } };
}

function contentOf(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // Values that are no JSON were strings when they came.
    return value;
  }
}
