import {
  type Message,
  NO_STATUS,
  Operation,
  parseResource,
  readAnswer,
} from "../message/mod.ts";
import { STATE_TYPES } from "./pod_status.ts";

/** Reasons of a refusal that may be gone the next time. */
const TRANSIENT_REASONS: ReadonlySet<string> = new Set([
  "InternalError",
  NO_STATUS,
  "ServerTimeout",
  "ServiceUnavailable",
  "Timeout",
  "TooManyRequests",
]);

/** Somebody else wrote the object meanwhile. */
const CONFLICT = "Conflict";

/** How an answer refuses what was asked. */
export interface Refusal {
  /** Why; empty if it does not refuse. */
  readonly reason: string;
  /** It may be different the next time. */
  readonly transient: boolean;
}

/** Whether an answer of the cloud refuses what was asked, and for how long. */
export function refusalOf(message: Message): Refusal {
  if (message.route.operation === Operation.error) {
    return { reason: textOf(message.content), transient: false };
  }
  const answer = readAnswer(message.content);
  if (answer.kind === "failed") {
    const { reason } = answer;
    return {
      reason: `${reason}: ${answer.message}`,
      transient: TRANSIENT_REASONS.has(reason) ||
        reason === CONFLICT && isState(message),
    };
  }
  if (answer.kind !== "other") return { reason: "", transient: false };
  const { content } = message;
  // Go's errors that hold several are lists.
  return Array.isArray(content)
    ? { reason: NO_STATUS, transient: true }
    : { reason: typeof content === "string" ? content : "", transient: false };
}

/**
 * A state names no version: CloudCore reads the object and writes it back, and
 * is too late if somebody wrote in between. The next time it may not be.
 */
function isState({ route }: Message): boolean {
  return STATE_TYPES.has(parseResource(route.resource)?.resType ?? "");
}

function textOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}
