/**
 * A duplex stream of bytes: TCP, TLS, a Unix socket, or a pipe in memory.
 * `Deno.Conn` is one.
 */
export interface ByteStream {
  /** Reads at least one byte into the buffer; `null` at the end of the stream. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes; resolves with how many bytes of the start were taken, 1 or more. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the stream at once in both directions; idempotent, never throws. */
  close(): void;
}

/** Which end of the connection we are: clients mask, servers do not. */
export type Role = "client" | "server";

/** A complete message: text as string, binary as bytes. */
export type WebSocketMessage = string | Uint8Array;

/** How a connection ended. */
export interface WebSocketEnd {
  /** Close code received, or the one we sent; 1006 if there was no close frame. */
  readonly code: number;
  /** Reason that came with the code; may be empty. */
  readonly reason: string;
  /** Who ended it. */
  readonly by: "peer" | "us" | "error";
  /** The failure, if it was one. */
  readonly error?: unknown;
}
