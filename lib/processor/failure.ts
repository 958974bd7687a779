import {
  errStatus,
  faultAnswer,
  isAnswer,
  type Message,
  type MessageFault,
  newError,
  PermanentFault,
} from "../message/mod.ts";
import {
  type Context,
  type Effect,
  type Outcome,
  TransientFault,
} from "../operations/mod.ts";
import { StoreError } from "../store/mod.ts";

/**
 * The fault in an operation's error, if the message can never succeed. An
 * error of our own making counts as one: repeated by the cloud it would fail
 * for ever, before everything else.
 *
 * @returns `undefined` for failures of the store that may pass.
 */
export function permanentFaultOf(
  error: unknown,
  message: Message,
): MessageFault | undefined {
  if (error instanceof TransientFault) return undefined;
  if (error instanceof StoreError && error.transient) return undefined;
  const { operation, resource, source, group } = message.route;
  const known = error instanceof PermanentFault;
  return {
    kind: known ? error.kind : "internal",
    text: known ? error.message : `Internal error: ${nameOf(error)}`,
    msgId: message.header.msg_id,
    operation,
    resource,
    ...(source ? { source } : {}),
    ...(group ? { group } : {}),
    ...(known ? {} : { cause: error }),
  };
}

/** What leaves for a message that can never succeed. */
export function faultOutcome(context: Context, fault: MessageFault): Outcome {
  const answer = faultAnswer(context, fault, context.origin);
  return answer ? [toSender(context, answer)] : [];
}

/**
 * What leaves for a message that failed and may succeed later: an `error`,
 * which makes CloudHub repeat it. An answer is answered by nothing: the cloud
 * repeats it because no ack comes.
 */
export function failureOutcome(
  context: Context,
  message: Message,
  error: unknown,
): Outcome {
  if (context.origin === "internal" || isAnswer(message.route.operation)) {
    return [];
  }
  const { operation, resource } = message.route;
  const isKnown = error instanceof TransientFault;
  const text = `Cannot ${operation} ${resource}: ` +
    (isKnown ? error.message : nameOf(error));
  const content = context.origin === "cloud"
    ? text
    : isKnown
    ? errStatus(error.reason, text)
    : errStatus("InternalError", `${text}; try again`);
  return [toSender(context, newError(context, message, content))];
}

function toSender(context: Context, message: Message): Effect {
  return context.origin === "cloud"
    ? { kind: "to-cloud", message }
    : { kind: "reply", to: context.from, message };
}

/** Class and kind, never the text: SQLite's texts may quote values. */
function nameOf(error: unknown): string {
  if (error instanceof StoreError) return `store ${error.kind}`;
  return error instanceof Error ? error.name : "unknown failure";
}
