import { isRecord } from "../base/mod.ts";
import { OK } from "./names.ts";

/** A Kubernetes `Status` without wrapper, as the cloud sends it. */
export interface Status {
  /** Always empty. */
  readonly metadata: Record<string, never>;
  /** Always `Failure`. */
  readonly status: "Failure";
  /** For a person. */
  readonly message: string;
  /** Kubernetes' reason, for a program: `NotFound`, `ServiceUnavailable`, ... */
  readonly reason: string;
  /** HTTP status code of the same meaning. */
  readonly code: number;
  /** What it is about. */
  readonly details?: { readonly name: string; readonly kind: string };
}

/** Content of an answer that says why something failed. */
export interface ErrStatus {
  /** The reason. */
  readonly ErrStatus: Status;
}

/** Reasons that the node gives itself; the cloud's own are passed on. */
export type StatusReason =
  | "NotFound"
  | "ServiceUnavailable"
  | "Timeout"
  | "NotSynced"
  | "RequestEntityTooLarge"
  | "TooManyRequests"
  | "InternalError";

const CODES: Readonly<Record<StatusReason, number>> = {
  NotFound: 404,
  RequestEntityTooLarge: 413,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  NotSynced: 503,
  Timeout: 504,
};

/** Builds an `ErrStatus` of the node's own. */
export function errStatus(
  reason: StatusReason,
  message: string,
  details?: { name: string; kind: string },
): ErrStatus {
  return {
    ErrStatus: {
      metadata: {},
      status: "Failure",
      message,
      reason,
      ...(details ? { details } : {}),
      code: CODES[reason],
    },
  };
}

/** What the content of a cloud's answer to a request is (wire document, 5.8). */
export type AnswerContent =
  /** Done, without an object. */
  | { readonly kind: "ok" }
  /** Done; the object as it is now. */
  | { readonly kind: "object"; readonly object: Record<string, unknown> }
  /**
   * Refused, with Kubernetes' reason (`Unknown` if there is none) and text;
   * or failed with an error that has no status, {@link NO_STATUS}.
   */
  | {
    readonly kind: "failed";
    readonly reason: string;
    readonly message: string;
  }
  /** A list, a text, nothing. */
  | { readonly kind: "other" };

/**
 * Reason of a failure that is no answer of the API server: CloudCore passes
 * on any other error of Go as the JSON of its public fields, mostly `{}`
 * (wire document, 1). That it could not ask the server is the usual one.
 */
export const NO_STATUS = "NoStatus";

/**
 * Tells apart the shapes of an answer: `"OK"`, ObjectResp with or without
 * `Err`, `ErrStatus`, a bare object, anything else. What has no metadata is no
 * object: stored in the place of one it would destroy it.
 */
export function readAnswer(content: unknown): AnswerContent {
  if (content === OK) return { kind: "ok" };
  if (!isRecord(content)) return { kind: "other" };
  if (isRecord(content.ErrStatus)) return failed(content.ErrStatus);
  if ("Err" in content && "Object" in content) {
    const { Err, Object: object } = content;
    if (Err !== null && Err !== undefined) {
      return isRecord(Err) && isRecord(Err.ErrStatus)
        ? failed(Err.ErrStatus)
        : NO_OBJECT;
    }
    return isRecord(object) && isRecord(object.metadata)
      ? { kind: "object", object }
      : { kind: "other" };
  }
  return isRecord(content.metadata)
    ? { kind: "object", object: content }
    : NO_OBJECT;
}

const NO_OBJECT: AnswerContent = {
  kind: "failed",
  reason: NO_STATUS,
  message: "an error without a status",
};

function failed(status: Record<string, unknown>): AnswerContent {
  return {
    kind: "failed",
    reason: typeof status.reason === "string" ? status.reason : "Unknown",
    message: typeof status.message === "string" ? status.message : "",
  };
}
