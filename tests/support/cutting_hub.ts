import { LIMITS, SystemClock, systemIds } from "../../lib/base/mod.ts";
import { encode, type Message, newResponse } from "../../lib/message/mod.ts";
import {
  type ByteStream,
  readUpgrade,
  WebSocketConnection,
} from "../../lib/websocket/mod.ts";

/**
 * A cloud that answers what CloudCore answers, and cuts each connection after
 * so many bytes of what comes behind the first question, which proves the
 * connection.
 */
export class CuttingHub implements AsyncDisposable {
  /** How often each message came, by id. */
  readonly received = new Map<string, number>();
  /** Bytes read after the first answer before the cut. @default no cut */
  bytesMax = Infinity;
  /** Connections that were accepted. */
  connections = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #open: WebSocketConnection | undefined;

  /** Listens at once. */
  constructor() {
    this.#accepting = this.#accept();
  }

  /** Address that a node dials. */
  get url(): string {
    const { port } = this.#listener.addr as Deno.NetAddr;
    return `ws://127.0.0.1:${port}/project/edge-1/events`;
  }

  /** Cuts the connection and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#open?.abort();
    await this.#accepting;
    await Promise.all(this.#serving);
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      const serving = this.#serve(connection).finally(() => {
        this.#serving.delete(serving);
      });
      this.#serving.add(serving);
    }
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    this.connections++;
    const bytesMax = this.bytesMax;
    let left = Infinity;
    let isOpen = true;
    const close = () => {
      if (isOpen) connection.close();
      isOpen = false;
    };
    const stream: ByteStream = {
      read: async (into) => {
        if (left <= 0) {
          close();
          return null;
        }
        // In small bites, so that the count begins where the proof ends.
        const bite = into.subarray(0, Math.min(into.length, left, 16));
        const read = await connection.read(bite);
        left -= read ?? 0;
        return read;
      },
      write: (bytes) => connection.write(bytes),
      close,
    };
    const request = await readUpgrade(stream);
    await request.accept();
    const socket = new WebSocketConnection(stream, {
      role: "server",
      clock: new SystemClock(),
      messageBytesMax: LIMITS.messageBytesMax,
      leftover: request.leftover,
    });
    this.#open = socket;
    for (let frames; (frames = await socket.receive());) {
      for (const frame of frames) {
        const message = JSON.parse(String(frame)) as Message;
        if (message.route.operation === "keepalive") continue;
        if (left === Infinity) left = bytesMax;
        this.#take(message);
        const stamp = { newId: systemIds, now: Date.now };
        socket.send(encode(newResponse(stamp, message, "OK")));
      }
    }
    socket.abort();
  }

  #take({ header: { msg_id: id } }: Message): void {
    this.received.set(id, (this.received.get(id) ?? 0) + 1);
  }
}
