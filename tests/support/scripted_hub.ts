import { LIMITS, SystemClock } from "../../lib/base/mod.ts";
import type { Message } from "../../lib/message/mod.ts";
import {
  type ByteStream,
  readUpgrade,
  WebSocketConnection,
} from "../../lib/websocket/mod.ts";
import { until } from "./edged_harness.ts";

/**
 * A cloud that says what a test tells it to, byte for byte, to one node at a
 * time over a real socket.
 */
export class ScriptedHub implements AsyncDisposable {
  /** What the node sent, in order. */
  readonly received: Message[] = [];
  /** Headers of the last upgrade request. */
  headers: Headers | undefined;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #accepting: Promise<void>;
  #socket: WebSocketConnection | undefined;

  /** Listens at once. */
  constructor() {
    this.#accepting = this.#accept();
  }

  /** Address that a node dials. */
  get url(): string {
    const { port } = this.#listener.addr as Deno.NetAddr;
    return `ws://127.0.0.1:${port}/project/edge-1/events`;
  }

  /** Waits for a connection. */
  async connected(): Promise<void> {
    await until(() => this.#socket !== undefined, "a node connects");
  }

  /** Sends one text frame. */
  send(text: string): void {
    if (!this.#socket?.send(text)) throw new Error("No node is connected");
  }

  /** Answers of the node to a message. */
  answersTo(id: string): Message[] {
    return this.received.filter(({ header }) => header.parent_msg_id === id);
  }

  /** Cuts the connection and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#socket?.abort();
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      await this.#serve(connection);
    }
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    let isOpen = true;
    const stream: ByteStream = {
      read: (into) => connection.read(into),
      write: (bytes) => connection.write(bytes),
      close: () => {
        if (isOpen) connection.close();
        isOpen = false;
      },
    };
    const request = await readUpgrade(stream);
    this.headers = request.headers;
    await request.accept();
    const socket = new WebSocketConnection(stream, {
      role: "server",
      clock: new SystemClock(),
      messageBytesMax: LIMITS.messageBytesMax,
      leftover: request.leftover,
    });
    this.#socket = socket;
    for (;;) {
      const frames = await socket.receive();
      if (!frames) break;
      for (const frame of frames) {
        this.received.push(JSON.parse(String(frame)));
      }
    }
    this.#socket = undefined;
    socket.abort();
  }
}
