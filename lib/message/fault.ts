import { isAnswer, type Origin } from "./admit.ts";
import { type Message, newMessage, type Stamp } from "./message.ts";
import { Group, Module, Operation, VOLUME_OPERATIONS } from "./names.ts";

/** Why a frame or message was refused. */
export type FaultKind =
  | "not-json"
  | "not-a-message"
  | "bad-header"
  | "bad-route"
  | "unsafe-key"
  | "lone-surrogate"
  | "too-deep"
  | "too-large"
  | "unknown-operation"
  | "not-allowed"
  | "bad-resource"
  | "bad-content"
  | "internal";

/**
 * A permanent fault of a message: it can never succeed, so it is answered with
 * a `response` that carries the text. An `error` would be repeated for ever.
 */
export interface MessageFault {
  /** Which rule was broken. */
  readonly kind: FaultKind;
  /** What was expected and what came, for the peer and for the log; no content. */
  readonly text: string;
  /** Id of the message, if it could be read. */
  readonly msgId?: string;
  /** Route of the message as far as it could be read. */
  readonly resource?: string;
  /** Operation as far as it could be read. */
  readonly operation?: string;
  /** Source as far as it could be read. */
  readonly source?: string;
  /** Group as far as it could be read. */
  readonly group?: string;
  /** The error behind it, if it is one of our own. */
  readonly cause?: unknown;
}

/** Resource of the answer to a message whose own could not be read. */
const UNREADABLE = "unknown";

/**
 * The answer to a message that can never succeed. To the cloud it is a
 * `response`, since an `error` would be repeated for ever, 25 s a round,
 * before everything else; a volume request takes any operation as its answer,
 * so there the failure is named as one. To an agent it is an `error`.
 *
 * @returns `undefined` if nobody waits: no id was readable, or it was itself
 *   an answer of an agent.
 */
export function faultAnswer(
  stamp: Stamp,
  fault: MessageFault,
  origin: Origin,
): Message | undefined {
  if (!fault.msgId) return undefined;
  const operation = fault.operation ?? "";
  if (origin !== "cloud" && isAnswer(operation)) return undefined;
  const asResponse = origin === "cloud" && !VOLUME_OPERATIONS.has(operation);
  return newMessage(stamp, {
    parentId: fault.msgId,
    source: asResponse
      ? fault.source ?? Module.metamanager
      : Module.metamanager,
    group: fault.group ?? Group.resource,
    operation: asResponse ? Operation.response : Operation.error,
    resource: fault.resource ?? UNREADABLE,
    content: fault.text,
  });
}

/** Thrown inside an operation for a message that can never succeed. */
export class PermanentFault extends Error {
  /** Always `PermanentFault`. */
  override readonly name = "PermanentFault";
  /** Which rule was broken. */
  readonly kind: FaultKind;

  /**
   * Names the rule.
   *
   * @param text What was expected and what came; no content of the message.
   */
  constructor(kind: FaultKind, text: string) {
    super(text);
    this.kind = kind;
  }
}
