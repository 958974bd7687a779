import { TaskSet } from "../base/mod.ts";
import {
  formatMessage,
  type HttpMessage,
  HttpReader,
} from "../identity/mod.ts";
import { errorText } from "../telemetry/mod.ts";
import type { ServerCertificateOptions } from "./certificates.ts";
import {
  type EnrolmentAnswer,
  EnrolmentEndpoint,
  type EnrolmentEndpointOptions,
  type EnrolmentRequest,
} from "./enrolment_endpoint.ts";

/** How the server is set up. */
export interface EnrolmentServerOptions extends EnrolmentEndpointOptions {
  /** Address to listen on. @default "127.0.0.1" */
  readonly hostname?: string;
  /** Port; 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Names and validity of its certificate. @default localhost, 127.0.0.1 */
  readonly certificate?: ServerCertificateOptions;
  /**
   * Answers in the place of CloudCore; `undefined` lets it answer itself,
   * `"hang up"` ends the connection without a word.
   */
  readonly intercept?: (
    request: EnrolmentRequest,
  ) => EnrolmentAnswer | "hang up" | undefined;
}

const READ_BYTES_MAX = 16 * 1024;

/**
 * CloudCore's HTTPS server for certificates, port 10002 there. HTTP is read by
 * hand, since `Deno.serve` does not see the body of a GET; a client's
 * certificate cannot be seen under Deno at all, so nobody can rotate here.
 */
export class EnrolmentServer implements AsyncDisposable {
  /** What it answers, and its tokens. */
  readonly endpoint: EnrolmentEndpoint;
  /** Every request that came, oldest first. */
  readonly requests: EnrolmentRequest[] = [];
  /** What went wrong on connections; a client that gives up is no failure. */
  readonly failures: string[] = [];
  readonly #options: EnrolmentServerOptions;
  readonly #tasks: TaskSet;
  readonly #connections = new Set<Deno.Conn>();
  #listener: Deno.TlsListener | undefined;

  /** Builds a stopped server. */
  constructor(options: EnrolmentServerOptions) {
    this.#options = options;
    this.endpoint = new EnrolmentEndpoint(options);
    this.#tasks = new TaskSet((name, error) =>
      this.failures.push(`${name}: ${errorText(error)}`)
    );
  }

  /** Port that it listens on; 0 while stopped. */
  get port(): number {
    return this.#listener?.addr.port ?? 0;
  }

  /**
   * Listens. Idempotent.
   *
   * @throws If the port is taken.
   */
  async start(): Promise<void> {
    if (this.#listener) return;
    const { ca, certificate, hostname = "127.0.0.1", port = 0 } = this.#options;
    const { cert, key } = await ca.server(certificate);
    const listener = Deno.listenTls({
      hostname,
      port,
      cert,
      key,
      // The ALPN list of a Go server: a client must pick http/1.1.
      alpnProtocols: ["h2", "http/1.1"],
    });
    this.#listener = listener;
    this.#tasks.spawn("accept", () => this.#accept(listener));
  }

  /** Closes port and connections. Idempotent. */
  async stop(): Promise<void> {
    this.#listener?.close();
    this.#listener = undefined;
    for (const connection of this.#connections) this.#close(connection);
    await this.#tasks.settled();
  }

  /** The same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #accept(listener: Deno.TlsListener): Promise<void> {
    while (this.#listener === listener) {
      try {
        const connection = await listener.accept();
        this.#connections.add(connection);
        this.#tasks.spawn("connection", () => this.#serve(connection));
      } catch (error) {
        if (this.#listener !== listener) return;
        // One client's failed handshake must not end the listener.
        this.failures.push(errorText(error));
      }
    }
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    try {
      const message = await readRequest(connection);
      if (!message) return;
      const [method = "", path = ""] = message.startLine.split(" ");
      const { headers, body } = message;
      const request = { method, path, headers, body };
      this.requests.push(request);
      const answer = this.#options.intercept?.(request) ??
        await this.endpoint.answer(request);
      if (answer === "hang up") return;
      await writeAll(connection, format(answer, this.#options.clock.now()));
    } catch (error) {
      // A client that refuses our certificate just goes away.
      this.failures.push(errorText(error));
    } finally {
      this.#close(connection);
    }
  }

  #close(connection: Deno.Conn): void {
    if (this.#connections.delete(connection)) connection.close();
  }
}

/** `undefined` if the client left without one. */
async function readRequest(
  connection: Deno.Conn,
): Promise<HttpMessage | undefined> {
  const reader = new HttpReader({ kind: "request" });
  const buffer = new Uint8Array(READ_BYTES_MAX);
  for (;;) {
    const length = await connection.read(buffer);
    if (length === null) return undefined;
    const message = reader.push(buffer.slice(0, length));
    if (message) return message;
  }
}

function format(answer: EnrolmentAnswer, nowMs: number): Uint8Array {
  const { status, contentType, body } = answer;
  return formatMessage(`HTTP/1.1 ${status} -`, {
    fields: [
      ["Date", new Date(nowMs).toUTCString()],
      ["Content-Length", `${body.length}`],
      ...(contentType ? [["Content-Type", contentType] as const] : []),
      ["Connection", "close"],
    ],
    body,
  });
}

async function writeAll(
  connection: Deno.Conn,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await connection.write(bytes.subarray(at));
  }
}
