import type { Clock } from "../base/mod.ts";
import type { HeldBytes } from "./held_bytes.ts";
import type { Role } from "./types.ts";

/** What a connection needs from outside. */
export interface WebSocketConnectionOptions {
  /** Which end of the connection we are. */
  readonly role: Role;
  /** Stamps and deadlines. */
  readonly clock: Clock;
  /** Fills with unpredictable bytes for masking keys. @default crypto.getRandomValues */
  readonly maskKeys?: (into: Uint8Array) => void;
  /** Largest message in bytes; a larger one is never held. */
  readonly messageBytesMax: number;
  /** Bounds what is held of incomplete messages, with other connections. */
  readonly held?: HeldBytes;
  /**
   * Told of a message over the bound once it has passed, unheld, with up to
   * 4096 bytes of how it began; must not throw. Without it such a message
   * closes with 1009.
   */
  readonly onTooLarge?: (head: Uint8Array) => void;
  /**
   * Holds messages back that would only wait in the kernel: no more of them
   * are on their way than arrive within about a second. @default false
   */
  readonly paced?: boolean;
  /** Bytes read past the opening handshake; copied. */
  readonly leftover?: Uint8Array;
  /** Text messages come as strings; there is no other way yet. @default "string" */
  readonly text?: "string";
}

/** How to close. */
export interface CloseOptions {
  /** Close code, 1000 to 1014 without the reserved, or 3000 to 4999. @default 1000 */
  readonly code?: number;
  /** Reason, cut to 123 bytes of UTF-8. @default "" */
  readonly reason?: string;
  /** Milliseconds after which the stream is closed anyway. @default 5000 */
  readonly deadlineMs?: number;
}
