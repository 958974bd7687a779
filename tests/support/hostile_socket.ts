import { SystemClock } from "../../lib/base/mod.ts";
import { encode, type Message } from "../../lib/message/mod.ts";
import { WebSocketConnection } from "../../lib/websocket/mod.ts";
import { attachRaw, type Door } from "./hostile_agent.ts";

/** An agent that sends what no agent library would, and keeps what it hears. */
export class RawSocket implements AsyncDisposable {
  /** What the node sent, in order. */
  readonly received: Message[] = [];
  readonly #socket: WebSocketConnection;
  readonly #reading: Promise<void>;

  private constructor(socket: WebSocketConnection) {
    this.#socket = socket;
    this.#reading = this.#read();
  }

  /** Attaches as a module. */
  static async attach(door: Door, module: string): Promise<RawSocket> {
    const stream = await attachRaw(door, module);
    return new RawSocket(
      new WebSocketConnection(stream, {
        role: "client",
        clock: new SystemClock(),
        messageBytesMax: 32 << 20,
      }),
    );
  }

  /** Sends a message, or a text as it is. */
  send(message: Message | string): void {
    this.#socket.send(typeof message === "string" ? message : encode(message));
  }

  /** Ends at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.abort();
    await this.#reading;
  }

  async #read(): Promise<void> {
    for (let batch; (batch = await this.#socket.receive());) {
      for (const data of batch) this.received.push(JSON.parse(String(data)));
    }
  }
}
