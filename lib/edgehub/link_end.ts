import {
  CloseCode,
  ProtocolError,
  type WebSocketEnd,
} from "../websocket/mod.ts";
import { LinkError } from "./link_error.ts";
import type { LastTry } from "./redial.ts";

/** How a link ended, for the next dial and for a person. */
export interface LinkEnd {
  /** Why. */
  readonly error: LinkError;
  /** Who ended it. */
  readonly ended: LastTry["ended"];
}

/** Codes of a stream that the other end has closed. */
const CLOSED_BY_PEER = /^(ECONNRESET|EPIPE)$/;

/** What is said of a stream that ended before the WebSocket on it did. */
const CUT = "The cloud, or something on the way, cut the link without a word";

/** Where the runtime tells its programmers more. */
const MANUAL = /: https:\/\/docs\.rs\/\S*$/;

/** What the runtime says of TLS records that nobody wrote. */
const TLS_BROKEN = /corrupt message|decrypt/;

/**
 * Tells how a link ended. Only a peer that closed it has surely let go of the
 * session; whatever else ended it, the cloud may still hold it.
 *
 * @param givenUp Why we gave it up, if we did.
 */
export function linkEnd(
  end: WebSocketEnd,
  givenUp: LinkError | undefined,
): LinkEnd {
  if (givenUp) return { error: givenUp, ended: "by-us" };
  if (end.by === "peer") {
    const error = new LinkError("ended", wordsOf(end), { cause: end.error });
    return { error, ended: "by-peer" };
  }
  if (end.error instanceof ProtocolError) {
    return { error: brokenProtocol(end.error), ended: "by-us" };
  }
  const cause = end.error;
  const text = cause instanceof Error
    ? cause.message.replace(MANUAL, "")
    : "closed by us";
  const code = cause instanceof Error && "code" in cause
    ? String(cause.code)
    : "";
  // The runtime calls it so where TLS was not ended before TCP was.
  const isCut = CLOSED_BY_PEER.test(code) ||
    cause instanceof Deno.errors.UnexpectedEof;
  // Whether a reset is met by a read or a write is chance.
  const what = isCut
    ? CUT
    : TLS_BROKEN.test(text)
    ? "The link broke, something on the way changed its bytes"
    : "The link broke";
  return {
    error: new LinkError("ended", `${what}: ${text}`, { cause }),
    ended: isCut ? "by-peer" : "by-us",
  };
}

function wordsOf({ code, reason }: WebSocketEnd): string {
  if (code === CloseCode.abnormal) {
    return `${CUT}: ${code}`;
  }
  return `The cloud ended the link: ${code} ${reason}`.trimEnd();
}

function brokenProtocol(cause: ProtocolError): LinkError {
  const hint = cause.code === CloseCode.tooBig
    ? "The cloud repeats a message that is too large: raise " +
      "edgehub.message-size, or make the object smaller"
    : "Something on the way changes what is sent, or it is no CloudHub";
  return new LinkError(
    "protocol",
    `The cloud broke the WebSocket protocol: ${cause.message}`,
    { hint, cause },
  );
}
