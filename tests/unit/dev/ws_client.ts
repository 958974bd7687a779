import { SystemClock } from "../../../lib/base/mod.ts";
import {
  type ByteStream,
  clientHandshake,
  WebSocketConnection,
  type WebSocketEnd,
} from "../../../lib/websocket/mod.ts";
import { type Message, newMessage } from "../../../lib/message/mod.ts";

const STAMP = { newId: () => crypto.randomUUID(), now: () => Date.now() };

/** How a test's node dials. */
export interface DialOptions {
  readonly port: number;
  readonly node?: string;
  readonly headers?: Record<string, string>;
  readonly caCerts?: string[];
}

/** A node as a test plays it: dials, sends, keeps what comes. */
export class TestNode {
  readonly received: Message[] = [];
  readonly ended: Promise<WebSocketEnd>;
  /** Acks everything that comes, as it comes. */
  acks = true;
  readonly #socket: WebSocketConnection;
  readonly #loop: Promise<void>;
  #watchers = new Set<() => void>();

  private constructor(socket: WebSocketConnection) {
    this.#socket = socket;
    this.ended = socket.ended;
    this.#loop = this.#read();
  }

  static async dial(options: DialOptions): Promise<TestNode> {
    const { port, node = "edge-1", caCerts } = options;
    const at = { hostname: "127.0.0.1", port };
    const conn: ByteStream = caCerts
      ? await Deno.connectTls({ ...at, caCerts, alpnProtocols: ["http/1.1"] })
      : await Deno.connect(at);
    const { leftover } = await clientHandshake(conn, {
      host: `127.0.0.1:${port}`,
      path: `/project/${node}/events`,
      headers: options.headers ?? { node_id: node, ConnectionUse: "msg" },
      nonce: () => crypto.getRandomValues(new Uint8Array(16)),
    });
    return new TestNode(
      new WebSocketConnection(conn, {
        role: "client",
        clock: new SystemClock(),
        messageBytesMax: 1 << 20,
        leftover,
      }),
    );
  }

  send(operation: string, resource: string, content: unknown = null): Message {
    const message = newMessage(STAMP, {
      source: operation === "keepalive" ? "websocket" : "edged",
      group: "meta",
      operation,
      resource,
      content,
    });
    this.#socket.send(JSON.stringify(message));
    return message;
  }

  raw(text: string): void {
    this.#socket.send(text);
  }

  /** Registers the node as an edge node. */
  register(name: string): Message {
    return this.send("insert", `default/node/${name}`, {
      metadata: { name, labels: { "node-role.kubernetes.io/edge": "" } },
      spec: {},
      status: {},
    });
  }

  /** The first message that fits, once it is there. */
  async find(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.received.find(fits);
      if (found) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#watchers.add(resolve);
      await Promise.race([promise, this.#gone()]);
    }
  }

  answerTo(request: Message): Promise<Message> {
    const id = request.header.msg_id;
    return this.find(({ header }) => header.parent_msg_id === id);
  }

  async close(): Promise<void> {
    this.#socket.abort();
    await this.#loop;
  }

  async #gone(): Promise<never> {
    const { by, code } = await this.ended;
    throw new Error(`connection ended: ${by} ${code}`);
  }

  async #read(): Promise<void> {
    for (;;) {
      const messages = await this.#socket.receive();
      if (!messages) return;
      for (const text of messages) this.#take(JSON.parse(String(text)));
      for (const tell of this.#watchers) tell();
      this.#watchers.clear();
    }
  }

  #take(message: Message): void {
    this.received.push(message);
    if (!this.acks) return;
    this.raw(JSON.stringify({
      header: {
        msg_id: crypto.randomUUID(),
        parent_msg_id: message.header.msg_id,
        timestamp: Date.now(),
      },
      route: { ...message.route, operation: "response" },
      content: "OK",
    }));
  }
}
