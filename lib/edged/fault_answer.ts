import {
  decode,
  type Decoded,
  type Message,
  type MessageFault,
  newError,
  type Stamp,
} from "../message/mod.ts";
import type { WebSocketMessage } from "../websocket/mod.ts";

/** Stands where a fault does not tell its resource: the field may not be empty. */
const UNKNOWN_RESOURCE = "unknown";

/** A byte order mark stays, and is no JSON, as in text frames and to Go. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads one WebSocket message of an agent. The type of the frame does not
 * matter, as with Go peers (wire document, 2.1).
 */
export function decodeFrame(frame: WebSocketMessage): Decoded {
  if (typeof frame === "string") return decode(frame);
  try {
    return decode(UTF8.decode(frame));
  } catch {
    return {
      ok: false,
      fault: { kind: "not-json", text: "Frame is not UTF-8 text" },
    };
  }
}

/** The `error` that tells an agent what was wrong with its message. */
export function answerFault(stamp: Stamp, fault: MessageFault): Message {
  const request: Message = {
    header: { msg_id: fault.msgId ?? "", timestamp: 0 },
    route: {
      ...(fault.group ? { group: fault.group } : {}),
      operation: fault.operation ?? "",
      resource: fault.resource ?? UNKNOWN_RESOURCE,
    },
    content: null,
  };
  return newError(stamp, request, fault.text);
}
