import { assert, assertEquals } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import type { CertificateAuthority, KeyPairPem } from "../../../lib/dev/mod.ts";
import type { CredentialFiles } from "../../../lib/identity/mod.ts";

const SCRIPT = new URL("../../support/mtls_hub.mjs", import.meta.url).pathname;

/** A server on a free port of 127.0.0.1, and what became of its connections. */
export class TestServer implements AsyncDisposable {
  readonly port: number;
  /** Connections that were accepted. */
  accepted = 0;
  readonly #listener: Deno.Listener<Deno.Conn>;
  readonly #open = new Set<Deno.Conn>();
  readonly #tasks: Promise<void>[] = [];
  #lastClosed = Promise.resolve();

  /**
   * Listens at once.
   *
   * @param serve Runs for each connection, which is closed after it.
   */
  constructor(
    serve: (conn: Deno.Conn) => Promise<void>,
    tls?: { cert: string; key: string; alpnProtocols?: string[] },
  ) {
    const at = { hostname: "127.0.0.1", port: 0 };
    this.#listener = tls ? Deno.listenTls({ ...at, ...tls }) : Deno.listen(at);
    this.port = (this.#listener.addr as Deno.NetAddr).port;
    this.#tasks.push(this.#accept(serve));
  }

  /** Settles once every connection accepted so far has ended. */
  get quiet(): Promise<void> {
    return this.#lastClosed;
  }

  /** Ends every connection that is open. */
  cut(): void {
    for (const conn of this.#open) conn.close();
    this.#open.clear();
  }

  async #accept(serve: (conn: Deno.Conn) => Promise<void>): Promise<void> {
    for (;;) {
      let conn: Deno.Conn;
      try {
        conn = await this.#listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        if (error instanceof Deno.errors.Interrupted) return;
        // A TLS handshake that failed; the next one may do better.
        continue;
      }
      this.accepted++;
      this.#open.add(conn);
      const task = this.#serve(conn, serve);
      this.#tasks.push(task);
      this.#lastClosed = Promise.all([this.#lastClosed, task]).then(() => {});
    }
  }

  async #serve(
    conn: Deno.Conn,
    serve: (conn: Deno.Conn) => Promise<void>,
  ): Promise<void> {
    try {
      await serve(conn);
    } catch (error) {
      // Clients of these tests break off at any point.
      assert(error instanceof Error);
    } finally {
      if (this.#open.delete(conn)) conn.close();
    }
  }

  /** Ends every connection and the port. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await Promise.all(this.#tasks);
  }
}

/** Reads until the other end closes. */
export async function swallow(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(65536);
  while (await conn.read(buffer) !== null);
}

/** Reads a request's head. */
export async function readHead(conn: Deno.Conn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(4096);
  while (!text.includes("\r\n\r\n")) {
    const length = await conn.read(buffer);
    if (length === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
  return text;
}

/** A server that answers any request with these bytes. */
export function answering(
  text: string,
  tls?: { cert: string; key: string },
): TestServer {
  return new TestServer(async (conn) => {
    await readHead(conn);
    await conn.write(new TextEncoder().encode(text));
    await swallow(conn);
  }, tls);
}

/** A folder with the files of a node's credentials. */
export class TestFiles implements CredentialFiles, AsyncDisposable {
  readonly folder: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;

  private constructor(folder: string, hasPair: boolean) {
    this.folder = folder;
    this.caFile = `${folder}/ca.crt`;
    this.certFile = hasPair ? `${folder}/server.crt` : "";
    this.keyFile = hasPair ? `${folder}/server.key` : "";
  }

  static async make(ca: string, pair?: KeyPairPem): Promise<TestFiles> {
    const files = new TestFiles(await Deno.makeTempDir(), pair !== undefined);
    await Deno.writeTextFile(files.caFile, ca);
    if (pair) await files.put(pair);
    return files;
  }

  /** Replaces the pair. */
  async put({ cert, key }: { cert: string; key: string }): Promise<void> {
    await Deno.writeTextFile(this.certFile, cert);
    await Deno.writeTextFile(this.keyFile, key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** What the hub that requires a client certificate says. */
export type HubSaid = Readonly<Record<string, unknown>>;

/** tests/support/mtls_hub.mjs, running. */
export class MtlsHub implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #folder: string;
  #rest = "";
  #said: HubSaid[] = [];
  port = 0;

  private constructor(child: Deno.ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#stdin = child.stdin.getWriter();
  }

  /** Starts it with a server certificate of the CA. */
  static async start(
    ca: CertificateAuthority,
    ...flags: string[]
  ): Promise<MtlsHub> {
    const folder = await Deno.makeTempDir();
    const { cert, key } = await ca.server();
    const args = [SCRIPT, ...flags];
    for (const [name, text] of Object.entries({ cert, key, ca: ca.cert })) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
      args.push(`--${name}`, `${folder}/${name}`);
    }
    const child = new Deno.Command("node", {
      args,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const hub = new MtlsHub(child, folder);
    hub.port = Number((await hub.next("listening")).port);
    return hub;
  }

  /** The next event of this kind; others before it are passed over. */
  async next(event: string): Promise<HubSaid> {
    for (;;) {
      const said = this.#said.shift();
      if (said?.event === event) return said;
      if (said) continue;
      const { value, done } = await this.#lines.read();
      assert(!done, `hub ended before ${event}`);
      const lines = (this.#rest + value).split("\n");
      this.#rest = lines.pop() ?? "";
      this.#said = lines.map((line) => JSON.parse(line));
    }
  }

  /** Gives it a command. */
  async command(command: HubSaid): Promise<void> {
    await this.#stdin.write(
      new TextEncoder().encode(`${JSON.stringify(command)}\n`),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close();
    assertEquals((await this.#child.status).code, 0);
    await this.#lines.cancel();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A clock of the machine on which time runs faster, for links over sockets. */
export class FastClock extends SystemClock {
  readonly #factor: number;

  /** @param factor Times faster than the machine's. */
  constructor(factor: number) {
    super();
    this.#factor = factor;
  }

  override monotonic(): number {
    return super.monotonic() * this.#factor;
  }

  override after(delayMs: number, fn: () => void) {
    return super.after(delayMs / this.#factor, fn);
  }
}
