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
  | "bad-content";

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
}

/** Thrown inside an operation for a message that can never succeed. */
export class PermanentFault extends Error {
  /** Always `PermanentFault`. */
  override readonly name = "PermanentFault";
  /** Which rule was broken. */
  readonly kind: FaultKind;

  /** @param text What was expected and what came; no content of the message. */
  constructor(kind: FaultKind, text: string) {
    super(text);
    this.kind = kind;
  }
}
