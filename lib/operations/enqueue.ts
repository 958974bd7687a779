import { LIMITS } from "../base/mod.ts";
import {
  CLOUD_SOURCES,
  encode,
  Group,
  type Message,
  Module,
  Operation,
  ResourceType,
} from "../message/mod.ts";
import type { OutboxRow, StoreTransaction } from "../store/mod.ts";
import type { Context } from "./context.ts";
import { sameContent } from "./delta.ts";
import type { Effect } from "./outcome.ts";
import { STATE_TYPES } from "./pod_status.ts";
import { TransientFault } from "./transient_fault.ts";
import { subjectOf } from "./write.ts";

/**
 * Puts a message in the outbox. An update takes the place of an update of the
 * same resource that waits right before it, an equal delete is the same
 * delete; nothing merges across an insert or a delete. What merges has a new
 * id, so that a confirmation of the older one removes nothing, and is sent
 * although the older one was parked.
 *
 * @returns What there is to tell; the outbox is to be looked at.
 * @throws {TransientFault} If the outbox is at its bound.
 */
export function enqueue(
  message: Message,
  tx: StoreTransaction,
  context: Context,
): Effect[] {
  const { resource } = subjectOf(message, context);
  const upstream = forCloud(message);
  const last = tx.outboxLast(resource.resKey);
  const merges = last !== undefined && isSuperseded(last, upstream);
  if (merges && isWaitingDelete(last)) return [{ kind: "outbox" }];
  if (merges) tx.dropOutboxRow(last.id);
  else if (!STATE_TYPES.has(resource.resType)) admit(tx);
  tx.enqueue({
    msgId: upstream.header.msg_id,
    resource: resource.resKey,
    type: resource.resType,
    operation: upstream.route.operation,
    text: encode(upstream),
    createdAtMs: context.now(),
  });
  const effects: Effect[] = [{ kind: "outbox" }];
  if (resource.resType !== ResourceType.event) return effects;
  const dropped = tx.trimOutbox(ResourceType.event, {
    rows: LIMITS.outboxEventsMax,
    bytes: LIMITS.outboxEventBytesMax,
  });
  for (let i = 0; i < dropped; i++) {
    effects.push({
      kind: "noted",
      what: "event-dropped",
      resource: resource.resKey,
    });
  }
  return effects;
}

/** Whether the message that waits says nothing that the new one does not. */
function isSuperseded(last: OutboxRow, message: Message): boolean {
  const { operation } = message.route;
  if (last.operation !== operation) return false;
  if (operation === Operation.update) return true;
  return operation === Operation.delete &&
    sameContent(contentOf(last), message.content, last.type);
}

/**
 * One that the cloud left unanswered is sent again only after a while, or not
 * at all: the repeated delete takes its place.
 */
function isWaitingDelete(last: OutboxRow): boolean {
  return last.operation === Operation.delete && last.attempts === 0;
}

/** The content of a waiting message as it would be stored. */
function contentOf(row: OutboxRow): string {
  const { content } = JSON.parse(row.text) as Message;
  return typeof content === "string" ? content : JSON.stringify(content);
}

/** @throws {TransientFault} If the outbox takes nothing but state. */
function admit(tx: StoreTransaction): void {
  const { rows, bytes } = tx.outboxUse();
  if (rows < LIMITS.outboxMessagesMax && bytes < LIMITS.outboxBytesMax) return;
  throw new TransientFault(
    "TooManyRequests",
    `The outbox is full, ${rows} messages of ${bytes} bytes wait for the ` +
      "cloud: try again when it is connected",
  );
}

/**
 * The message as CloudHub takes it: never under a cloud module's name, which
 * it would drop silently.
 */
export function forCloud(message: Message): Message {
  const { source, group } = message.route;
  if (source && group && !CLOUD_SOURCES.has(source)) return message;
  return {
    ...message,
    route: {
      ...message.route,
      source: source && !CLOUD_SOURCES.has(source) ? source : Module.edged,
      group: group || Group.meta,
    },
  };
}
