import { readHead, TestServer } from "../edgehub/servers.ts";

/** What a proxy of a test does with a request. */
export type ProxyAnswer =
  /** Connects to this port of 127.0.0.1, whatever host was asked for. */
  | { readonly port: number }
  /** Says this and waits. */
  | { readonly text: string }
  /** Says this and ends. */
  | { readonly last: string };

/** An HTTP proxy on a free port that knows CONNECT only. */
export class TestProxy implements AsyncDisposable {
  /** Heads of the requests, in order. */
  readonly requests: string[] = [];
  /** Bytes that went through towards the cloud. */
  tunnelledBytes = 0;
  readonly #server: TestServer;

  readonly #scheme: string;

  /**
   * Listens at once.
   *
   * @param answer Decides by the head of a request.
   * @param tls Its certificate, if it speaks TLS itself.
   */
  constructor(
    answer: (head: string) => ProxyAnswer,
    tls?: { readonly cert: string; readonly key: string },
  ) {
    this.#scheme = tls ? "https" : "http";
    this.#server = new TestServer((conn) => this.#serve(conn, answer), tls);
  }

  /** Address, with user info if it is given. */
  url(userInfo = ""): URL {
    return new URL(
      `${this.#scheme}://${
        userInfo && `${userInfo}@`
      }127.0.0.1:${this.#server.port}`,
    );
  }

  /** Connections that were accepted. */
  get accepted(): number {
    return this.#server.accepted;
  }

  /** Settles once every connection accepted so far has ended. */
  get quiet(): Promise<void> {
    return this.#server.quiet;
  }

  /** Ends every connection. */
  cut(): void {
    this.#server.cut();
  }

  async #serve(
    conn: Deno.Conn,
    answer: (head: string) => ProxyAnswer,
  ): Promise<void> {
    const head = await readHead(conn);
    this.requests.push(head);
    const todo = answer(head);
    const say = (text: string) => conn.write(new TextEncoder().encode(text));
    if ("last" in todo) return void await say(todo.last);
    if ("text" in todo) {
      if (todo.text) await say(todo.text);
      return await drop(conn);
    }
    const target = await Deno.connect({
      hostname: "127.0.0.1",
      port: todo.port,
    });
    // In two writes: a head need not come at once.
    await say("HTTP/1.1 200 Connection ");
    await say("established\r\nVia: test\r\n\r\n");
    try {
      await Promise.race([
        this.#pump(conn, target, true),
        this.#pump(target, conn, false),
      ]);
    } finally {
      target.close();
    }
  }

  async #pump(from: Deno.Conn, to: Deno.Conn, counts: boolean): Promise<void> {
    const buffer = new Uint8Array(65536);
    for (let length; (length = await read(from, buffer)) !== null;) {
      if (counts) this.tunnelledBytes += length;
      for (let at = 0; at < length;) {
        at += await to.write(buffer.subarray(at, length));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** Like `conn.read`, but a connection closed by the test is an end. */
async function read(
  conn: Deno.Conn,
  into: Uint8Array,
): Promise<number | null> {
  try {
    return await conn.read(into);
  } catch (error) {
    if (error instanceof Deno.errors.BadResource) return null;
    if (error instanceof Deno.errors.Interrupted) return null;
    if (error instanceof Deno.errors.ConnectionReset) return null;
    throw error;
  }
}

async function drop(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  while (await read(conn, buffer) !== null);
}
