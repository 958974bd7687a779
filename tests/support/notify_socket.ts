import { until } from "./edged_harness.ts";

/** A service manager's end of sd_notify(3): a real datagram socket. */
export class NotifySocket implements AsyncDisposable {
  /** Path for `NOTIFY_SOCKET`. */
  readonly path: string;
  /** What came, in order. */
  readonly messages: string[] = [];
  readonly #socket: Deno.DatagramConn;
  readonly #reading: Promise<void>;

  /** @param path Of a socket that is not there yet. */
  constructor(path: string) {
    this.path = path;
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
    this.#reading = this.#read();
  }

  /** Waits until a message with this text has come. */
  async got(text: string, count = 1): Promise<void> {
    const found = () => this.messages.filter((m) => m.includes(text)).length;
    await until(() => found() >= count, `${count} x "${text}"`);
  }

  /** Closes the socket and removes its file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#reading;
    await Deno.remove(this.path);
  }

  async #read(): Promise<void> {
    for await (const [bytes] of this.#socket) {
      this.messages.push(new TextDecoder().decode(bytes));
    }
  }
}
