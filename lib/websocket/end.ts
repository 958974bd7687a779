import { CloseCode } from "./close_body.ts";
import type { WebSocketEnd } from "./types.ts";

/** Waits of an end, in milliseconds. */
export const CLOSE_MS = {
  /** For the peer's close frame (failures.md F5). */
  deadline: 5000,
  /**
   * For the peer to end the stream: closing a socket with unread bytes resets
   * it, and the peer loses our last frame.
   */
  linger: 1000,
} as const;

/** Ended by our own will, without a close frame. */
export const ABORTED: WebSocketEnd = {
  code: CloseCode.abnormal,
  reason: "",
  by: "us",
};

/** Ended by a failure of the stream or of an observer. */
export function failed(error: unknown): WebSocketEnd {
  return { ...ABORTED, by: "error", error };
}

/**
 * Ended by the peer without a close frame.
 *
 * @param within Whether it left a message unfinished.
 */
export function streamEnded(within: boolean): WebSocketEnd {
  const end: WebSocketEnd = { ...ABORTED, by: "peer" };
  if (!within) return end;
  return { ...end, error: new Error("Stream ended within a message") };
}
