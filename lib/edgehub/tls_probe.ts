import net from "node:net";
import { Duplex } from "node:stream";
import tls from "node:tls";
import type { SocketStream } from "./socket_stream.ts";

const READ_BYTES_MAX = 16 * 1024;

/**
 * Shakes hands to see whether a server answers TLS at all, whatever it
 * answers; closes the stream.
 *
 * The runtime cannot end a handshake on a socket of its own: each one that is
 * never answered costs a socket for good. Over a stream of ours it ends with
 * the stream, but there the runtime does not show the server's certificate.
 * So a server that was silent once is asked in this way first, and what may
 * be lost is one socket for each time that it falls silent.
 *
 * @param stream Connecting or connected TCP; closing it ends the probe.
 * @throws The stream's error, if it ends before the server has answered.
 */
export async function probeTls(
  stream: SocketStream,
  server: { readonly caPem: string; readonly host: string },
): Promise<void> {
  await stream.opened();
  const before = stream.receivedBytes;
  const duplex = duplexOf(stream);
  const socket = tls.connect({
    socket: duplex,
    host: server.host,
    ...(net.isIP(server.host) ? {} : { servername: server.host }),
    ca: server.caPem,
    ALPNProtocols: ["http/1.1"],
  });
  const over = Promise.withResolvers<void>();
  socket.once("secureConnect", over.resolve);
  // A failure is an answer, too; the dial that follows tells its reason.
  socket.on("error", () => over.resolve());
  duplex.on("error", () => over.resolve());
  socket.once("close", over.resolve);
  duplex.once("close", over.resolve);
  await over.promise;
  const answered = stream.receivedBytes > before;
  socket.destroy();
  duplex.destroy();
  if (!answered) throw new Error("Connection closed by the other side");
}

/** The stream as `node:tls` takes it; closing one closes the other. */
function duplexOf(stream: SocketStream): Duplex {
  const duplex = new Duplex({
    allowHalfOpen: false,
    read: () => void pull(stream, duplex),
    write: (bytes: Uint8Array, _encoding, done) =>
      void push(stream, bytes).then(() => done(), done),
    destroy: (error, done) => {
      stream.close();
      done(error);
    },
  });
  return duplex;
}

async function pull(stream: SocketStream, duplex: Duplex): Promise<void> {
  const buffer = new Uint8Array(READ_BYTES_MAX);
  try {
    const length = await stream.read(buffer);
    duplex.push(length === null ? null : buffer.subarray(0, length));
    if (length === null) duplex.destroy();
  } catch (error) {
    duplex.destroy(error instanceof Error ? error : undefined);
  }
}

async function push(stream: SocketStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await stream.write(bytes.subarray(at));
  }
}
