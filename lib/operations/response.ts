import {
  faultAnswer,
  type Message,
  type MessageFault,
  Operation,
  PermanentFault,
  readAnswer,
} from "../message/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import { takeIn } from "./answer.ts";
import type { Context, Operate } from "./context.ts";
import { checkGhost } from "./ghost.ts";
import type { Effect, Outcome, RemoteRequest } from "./outcome.ts";
import { refusalOf } from "./refusal.ts";

/**
 * Response, and `error` as an answer. From an agent it answers what it was
 * handed. From the cloud it confirms a message of the outbox, or answers a
 * request, or comes late: its object is taken in all the same. One that
 * carries an object is always acked, or CloudHub would repeat it for ever.
 */
export const response: Operate = (message, tx, context): Outcome => {
  if (context.origin === "edged") {
    return [{ kind: "agent-answered", module: context.from, answer: message }];
  }
  const parentId = message.header.parent_msg_id ?? "";
  const barrier = context.barrier(parentId);
  if (barrier) {
    for (const id of barrier) tx.confirm(id);
    return [{ kind: "outbox-passed", pingId: parentId }];
  }
  const effects: Effect[] = [];
  const refusal = refusalOf(message);
  const confirms = !refusal.transient && tx.confirm(parentId);
  if (confirms || context.isSent(parentId)) {
    effects.push({
      kind: "outbox-answered",
      msgId: parentId,
      refused: refusal.transient,
    });
  }
  if (confirms && refusal.reason) {
    effects.push({
      kind: "refused",
      resource: message.route.resource,
      reason: refusal.reason,
    });
  }
  const request = context.request(parentId);
  // The answer goes first: who shares a question is told of the change, too.
  if (request) {
    effects.push({
      kind: "settle",
      requestId: request.upstream.header.msg_id,
      message,
    });
    const answer = readAnswer(message.content);
    if (answer.kind === "failed" && answer.reason === "NotFound") {
      effects.push(...checkGhost(request, tx, context));
    }
  }
  if (message.route.operation === Operation.response) {
    effects.push(
      ...(confirms || request
        ? takeInOrRefuse(message, tx, context, request)
        : takeIn(message, tx, context)),
    );
  }
  return effects;
};

/**
 * What cannot be stored still is the answer that was waited for, so the fault
 * must not undo the confirmation or leave the request open: nothing is
 * written, and the cloud is told as of any other message that can never
 * succeed.
 */
function takeInOrRefuse(
  message: Message,
  tx: StoreTransaction,
  context: Context,
  request: RemoteRequest | undefined,
): Effect[] {
  try {
    return takeIn(message, tx, context, request);
  } catch (error) {
    if (!(error instanceof PermanentFault)) throw error;
    const { operation, resource, source, group } = message.route;
    const fault: MessageFault = {
      kind: error.kind,
      text: error.message,
      msgId: message.header.msg_id,
      operation,
      resource,
      ...(source ? { source } : {}),
      ...(group ? { group } : {}),
    };
    const told: Effect = { kind: "fault", fault };
    const answer = faultAnswer(context, fault, "cloud");
    return answer ? [told, { kind: "to-cloud", message: answer }] : [told];
  }
}
