import {
  errStatus,
  type Message,
  newError,
  Operation,
  ResourceType,
  type Stamp,
} from "../message/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import type { Context } from "./context.ts";
import { storeKeyOf, tokenKey, upstreamResource } from "./keys.ts";
import { answerFromStore } from "./local.ts";
import type { Outcome, RemoteRequest } from "./outcome.ts";
import { forCloud } from "./enqueue.ts";
import { subjectOf } from "./write.ts";

/**
 * Asks the cloud on an agent's behalf: under an id of our own upstream, so
 * that the cloud's answer finds this request and no other. While the cloud is
 * away a write fails at once, since a late lease or patch does harm, and a
 * question is answered from the store.
 */
export function askCloud(
  message: Message,
  tx: StoreTransaction,
  context: Context,
): Outcome {
  const request = remoteRequest(message, tx, context);
  if (context.connected) return [{ kind: "ask", request }];
  return unanswered(request, tx, context, "disconnected");
}

/** Builds the request without sending it. */
function remoteRequest(
  message: Message,
  tx: StoreTransaction,
  context: Context,
): RemoteRequest {
  const { resource, policy } = subjectOf(message, context);
  const { operation } = message.route;
  const upstream = forCloud({
    header: { msg_id: context.newId(), timestamp: context.now() },
    route: { ...message.route, resource: upstreamResource(resource) },
    content: message.content,
  });
  const what = operation === Operation.query
    ? `${upstream.route.resource} ${JSON.stringify(message.content)}`
    : upstream.header.msg_id;
  return {
    upstream,
    original: message,
    from: context.from,
    shareKey: `${operation} ${what}`,
    storeKey: !policy.stored
      ? ""
      : resource.resType === ResourceType.serviceaccounttoken
      ? tokenKey(resource, message.content)
      : storeKeyOf(resource),
    askedAtRevision: tx.revision(),
    fallback: policy.offline,
  };
}

/**
 * What an agent gets when the cloud does not answer: what is stored, or an
 * error that says why.
 */
export function unanswered(
  request: RemoteRequest,
  tx: StoreTransaction,
  context: Context,
  why: "disconnected" | "expired",
): Outcome {
  const { original, from, fallback } = request;
  if (fallback === "store") {
    return answerFromStore(original, tx, { ...context, from }, why);
  }
  return noAnswer(request, context, why);
}

/** The error that an agent gets when neither cloud nor store can answer. */
export function noAnswer(
  request: RemoteRequest,
  context: Context,
  why: "disconnected" | "expired",
): Outcome {
  const { original, from } = request;
  const { operation, resource } = original.route;
  const status = why === "expired"
    ? errStatus(
      "Timeout",
      `The cloud did not answer ${operation} ${resource} in time; try again`,
    )
    : errStatus(
      "ServiceUnavailable",
      `The cloud cannot be reached, and ${operation} ${resource} is not ` +
        "queued; try again once connected",
    );
  const message = newError(context, original, status);
  return [{ kind: "reply", to: from, message }];
}

/** The cloud's answer as the agent gets it: its own id as the parent. */
export function answerFor(
  stamp: Stamp,
  original: Message,
  answer: Message,
): Message {
  return {
    ...answer,
    header: {
      ...answer.header,
      msg_id: stamp.newId(),
      parent_msg_id: original.header.msg_id,
    },
    route: { ...answer.route, resource: original.route.resource },
  };
}
