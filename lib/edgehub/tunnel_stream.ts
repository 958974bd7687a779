import type { Socket } from "node:net";
import type { ByteStream } from "../websocket/mod.ts";
import { handleOf } from "./socket_stream.ts";

/**
 * The socket as a stream that leaves it ready for TLS: it reads only while
 * somebody waits, and stops within the event of a read, the one moment in
 * which no read is under way (Deno 2.7.11). TLS that begins while the runtime
 * reads would never see its bytes.
 */
export function tunnelStream(socket: Socket): ByteStream & Disposable {
  const chunks: Uint8Array[] = [];
  let isOver = false;
  let change = Promise.withResolvers<void>();
  const wake = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const onData = (chunk: Uint8Array) => {
    handleOf(socket)?.readStop();
    chunks.push(chunk);
    wake();
  };
  const onEnd = () => {
    isOver = true;
    wake();
  };
  for (const event of ["end", "close", "error"]) socket.on(event, onEnd);
  let isFlowing = false;
  return {
    read: async (into) => {
      if (chunks.length === 0 && isFlowing) handleOf(socket)?.readStart();
      if (!isFlowing) socket.on("data", onData);
      isFlowing = true;
      while (chunks.length === 0 && !isOver) await change.promise;
      const [chunk] = chunks;
      if (!chunk) return null;
      const part = chunk.subarray(0, into.length);
      into.set(part);
      if (part.length === chunk.length) chunks.shift();
      else chunks[0] = chunk.subarray(part.length);
      return part.length;
    },
    write: (bytes) => {
      const written = Promise.withResolvers<number>();
      socket.write(bytes, (error) => {
        if (error) written.reject(error);
        else written.resolve(bytes.length);
      });
      return written.promise;
    },
    close: () => void socket.destroy(),
    [Symbol.dispose]: () => {
      socket.off("data", onData);
      for (const event of ["end", "close", "error"]) socket.off(event, onEnd);
    },
  };
}
