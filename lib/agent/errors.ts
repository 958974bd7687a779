import type { AnswerContent } from "../message/mod.ts";

/** The client is closed, or the link broke before an answer came. */
export class AgentClosedError extends Error {
  /** `AgentClosedError`, or the name of the subclass. */
  override readonly name: string = "AgentClosedError";
  /** Close code of the WebSocket; 4409: a newer attachment took over. */
  readonly code: number | undefined;

  /**
   * An end with its close code, if there was one.
   *
   * @param message What ended, and why.
   */
  constructor(message: string, options: ErrorOptions & { code?: number } = {}) {
    super(message, options);
    this.code = options.code;
  }
}

/** The node does not let this agent attach; dialling again would not help. */
export class AgentRefusedError extends AgentClosedError {
  /** Always `AgentRefusedError`. */
  override readonly name = "AgentRefusedError";
  /** HTTP status of the refusal. */
  readonly status: number;

  /**
   * A refusal in the node's words.
   *
   * @param reason The node's words.
   */
  constructor(status: number, reason: string, options: ErrorOptions = {}) {
    super(`Cannot attach, the node refused with ${status}: ${reason}`, options);
    this.status = status;
  }
}

/** The node or the cloud answered that a request failed. */
export class RequestFailedError extends Error {
  /** Always `RequestFailedError`. */
  override readonly name = "RequestFailedError";
  /** Kubernetes' reason, such as `NotFound`; empty if the answer has none. */
  readonly reason: string;
  /** Content of the answer as it came. */
  readonly content: unknown;

  /**
   * Names the request.
   *
   * @param what Operation and resource of the request.
   */
  constructor(what: string, content: unknown, read: AnswerContent) {
    const failed = read.kind === "failed" ? read : undefined;
    const text = failed?.message ||
      (typeof content === "string" ? content : "the answer does not say why");
    super(`Request failed, ${what}: ${text}`);
    this.reason = failed?.reason ?? "";
    this.content = content;
  }
}

/** No answer came before the deadline. */
export class RequestTimeoutError extends Error {
  /** Always `RequestTimeoutError`. */
  override readonly name = "RequestTimeoutError";

  /**
   * Names the request.
   *
   * @param what Operation and resource of the request.
   */
  constructor(what: string, timeoutMs: number) {
    super(`No answer within ${timeoutMs} ms to ${what}`);
  }
}
