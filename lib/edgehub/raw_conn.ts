import type { Socket } from "node:net";

/** The connection of the runtime that a `node:net` or `node:tls` socket is over. */
export interface RawConn {
  /** Reads what is there; `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes the start of the bytes; tells how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Description of the symbol under which a handle has its connection. */
const FIELD = "kStreamBaseField";

/**
 * Takes the reads and writes of a socket over from Node.js's layer, which costs
 * a message 40 us where each comes alone: events, ticks and copies that nobody
 * needs who waits for bytes. The socket stays what closes the connection.
 *
 * The layer reads in a loop, one read after the other, and a read of it may be
 * under way. What that brings still comes as an event; at its next read the
 * loop is left waiting for ever, and from then on no read is but ours.
 *
 * Not public, as seen in Deno 2.7.11.
 *
 * @param socket Open, and with TLS on it if there will be any.
 * @param onTaken Told once reads are ours.
 * @returns `undefined` where the runtime is another one: the layer goes on.
 */
export function takeOver(
  socket: Socket,
  onTaken: () => void,
): RawConn | undefined {
  const conn = connOf(socket);
  if (!conn) return undefined;
  const read = conn.read.bind(conn);
  conn.read = () => {
    onTaken();
    return new Promise(() => {});
  };
  return { read, write: (bytes) => conn.write(bytes) };
}

function connOf(socket: Socket): RawConn | undefined {
  const { _handle: handle } = socket as { _handle?: object | null };
  if (!handle) return undefined;
  const field = Object.getOwnPropertySymbols(handle)
    .find(({ description }) => description === FIELD);
  const conn = field &&
    (handle as Record<symbol, Partial<RawConn> | undefined>)[field];
  return typeof conn?.read === "function" && typeof conn.write === "function"
    ? conn as RawConn
    : undefined;
}
