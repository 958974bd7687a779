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

/**
 * CloudCore ends a session every few seconds, without a word, for as long as it
 * keeps a ClusterObjectSync of an earlier Node of the same name. It removes
 * them when a Node is deleted, but for those that it comes to only after the
 * Node was registered again (KubeEdge issue 6034).
 */
const ORPHAN_HINT = "If it does so again and again, and the Node was " +
  "registered anew: see 'kubectl get clusterobjectsyncs', and delete what is " +
  "of this node and does not end in the uid of its Node";
/** Sessions that end so last no longer, in milliseconds. */
const ORPHAN_MS_MAX = 15_000;

/** Where the runtime tells its programmers more. */
const MANUAL = /: https:\/\/docs\.rs\/\S*$/;

/** What the runtime says of TLS records that nobody wrote. */
const TLS_BROKEN = /corrupt message|decrypt/;

/**
 * Tells how a link ended. Only a peer that closed it has surely let go of the
 * session; whatever else ended it, the cloud may still hold it.
 *
 * @param session How long it lasted, whether the cloud had answered on it, and
 *   why we gave it up, if we did.
 */
export function linkEnd(
  end: WebSocketEnd,
  session: {
    readonly givenUp: LinkError | undefined;
    readonly proven: boolean;
    readonly livedMs: number;
  },
): LinkEnd {
  const { givenUp, proven, livedMs } = session;
  if (givenUp) return { error: givenUp, ended: "by-us" };
  const mayBeOrphan = proven && livedMs < ORPHAN_MS_MAX;
  const hint = mayBeOrphan ? { hint: ORPHAN_HINT } : {};
  if (end.by === "peer") {
    const { code, error: cause } = end;
    const options = { cause, ...code === CloseCode.abnormal ? hint : {} };
    const error = new LinkError("ended", wordsOf(end), options);
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
    error: new LinkError("ended", `${what}: ${text}`, {
      cause,
      ...isCut ? hint : {},
    }),
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
