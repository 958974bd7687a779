import { assert } from "@std/assert";
import {
  BoundedQueue,
  type Clock,
  SystemClock,
  systemIds,
  type Timer,
} from "../../lib/base/mod.ts";
import {
  EdgedLink,
  type EdgedOptions,
  type EdgedParts,
  type Log,
} from "../../lib/edged/mod.ts";
import {
  decode,
  encode,
  type Message,
  newMessage,
  type Stamp,
} from "../../lib/message/mod.ts";
import { type Envelope, Router } from "../../lib/router/mod.ts";
import {
  type ByteStream,
  clientHandshake,
  WebSocketConnection,
} from "../../lib/websocket/mod.ts";

/** A clock whose timers run only when a test says so. */
export class HandClock implements Clock {
  #nowMs = 0;
  #timers: { atMs: number; fn: () => void }[] = [];

  now(): number {
    return 1_800_000_000_000 + this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fn: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, fn };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  defer(fn: () => void): Timer {
    return this.after(0, fn);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets time pass and runs what falls due, in order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= endMs)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.fn();
    }
    this.#nowMs = endMs;
  }
}

/** Waits until something holds; fails after `timeoutMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 20_000,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    assert(performance.now() < deadlineMs, `never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A log that keeps its lines. */
export function keepingLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const line = (level: string) => (event: string, fields = {}) =>
    void lines.push(`${level} ${event} ${JSON.stringify(fields)}`);
  return {
    lines,
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
}

export const stamp: Stamp = { newId: systemIds, now: () => 1_754_464_000_000 };

/** A message of the node to an agent. */
export function downward(
  resource: string,
  options: { content?: unknown; revision?: number; operation?: string } = {},
): Message {
  const message = newMessage(stamp, {
    source: "edgecontroller",
    group: "resource",
    operation: options.operation ?? "insert",
    resource,
    content: options.content,
  });
  const { revision } = options;
  return revision === undefined
    ? message
    : { ...message, header: { ...message.header, revision } };
}

/** A message of an agent to the node. */
export function upward(
  resource: string,
  content: unknown = null,
  operation = "update",
): Message {
  return newMessage(stamp, {
    source: "edged",
    group: "meta",
    operation,
    resource,
    content,
  });
}

/** Stands for the processor: keeps what comes, up to a bound. */
export class FakeProcessor {
  readonly received: Envelope[] = [];
  readonly queue: BoundedQueue<Envelope>;
  /** While true, what comes waits in the queue. */
  held = false;
  onMessage: (envelope: Envelope) => void = () => undefined;

  constructor(
    router: Router,
    { capacity = 1000, roomMax }: {
      readonly capacity?: number;
      readonly roomMax?: number;
    } = {},
  ) {
    this.queue = new BoundedQueue(capacity, undefined, roomMax);
    router.register({
      name: "metamanager",
      group: "meta",
      receive: (envelope) => {
        if (!this.queue.push(envelope)) return false;
        if (!this.held) this.work();
        return true;
      },
      room: () => this.queue.room(),
    });
  }

  /** Works off what waits. */
  work(): void {
    for (;;) {
      const envelope = this.queue.shift();
      if (!envelope) return;
      this.received.push(envelope);
      this.onMessage(envelope);
    }
  }
}

/** A link with its router, on a socket of its own. */
export interface Bench extends AsyncDisposable {
  readonly link: EdgedLink;
  readonly router: Router;
  readonly processor: FakeProcessor;
  readonly log: Log & { lines: string[] };
  readonly folder: string;
  readonly socket: string;
  readonly handed: [string, number][];
}

/** Starts a link. */
export async function startBench(
  options: {
    parts?: Partial<EdgedParts>;
    capacity?: number;
    roomMax?: number;
    withoutProcessor?: boolean;
    edged?: Partial<EdgedOptions>;
  } = {},
): Promise<Bench> {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/run/edged.sock`;
  const clock = options.parts?.clock ?? new SystemClock();
  const router = options.parts?.router ?? new Router(clock);
  const log = keepingLog();
  const handed: [string, number][] = [];
  router.observe({ handed: (name, revision) => handed.push([name, revision]) });
  const parts = {
    router,
    clock,
    stamp,
    log,
    connection: () => undefined,
    ...options.parts,
  };
  const processor = new FakeProcessor(
    options.withoutProcessor ? new Router(clock) : router,
    options,
  );
  const link = new EdgedLink(parts, { socket, ...options.edged });
  try {
    await link.start();
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
  return {
    link,
    router,
    processor,
    log,
    folder,
    socket,
    handed,
    [Symbol.asyncDispose]: async () => {
      await link.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A stream over a connection that may be closed twice. */
export function streamOf(connection: Deno.Conn): ByteStream {
  let isClosed = false;
  return {
    read: (into) => connection.read(into),
    write: (bytes) => connection.write(bytes),
    close: () => {
      if (isClosed) return;
      isClosed = true;
      connection.close();
    },
  };
}

/** An agent that does only what a test tells it to. */
export class RawAgent {
  readonly socket: WebSocketConnection;
  readonly stream: ByteStream;
  readonly #inbox: Message[] = [];

  private constructor(stream: ByteStream, socket: WebSocketConnection) {
    this.stream = stream;
    this.socket = socket;
  }

  static async attach(
    where: { socket: string } | { port: number },
    options: { target?: string; headers?: Record<string, string> } = {},
  ): Promise<RawAgent> {
    const connection = "socket" in where
      ? await Deno.connect({ transport: "unix", path: where.socket })
      : await Deno.connect({ hostname: "127.0.0.1", port: where.port });
    const stream = streamOf(connection);
    try {
      const { leftover } = await clientHandshake(stream, {
        host: "localhost",
        path: options.target ?? "/attach/edged",
        headers: options.headers ?? {},
        nonce: () => crypto.getRandomValues(new Uint8Array(16)),
      });
      const socket = new WebSocketConnection(stream, {
        role: "client",
        clock: new SystemClock(),
        messageBytesMax: 64 * 1024 * 1024,
        leftover,
      });
      return new RawAgent(stream, socket);
    } catch (error) {
      stream.close();
      throw error;
    }
  }

  send(message: Message): void {
    this.socket.send(encode(message));
  }

  /** The next message; fails if the connection has ended. */
  async next(): Promise<Message> {
    while (this.#inbox.length === 0) {
      const frames = await this.socket.receive();
      assert(frames, "the connection ended before a message came");
      for (const frame of frames) {
        const decoded = decode(String(frame));
        assert(decoded.ok, `what the link sends decodes: ${frame}`);
        this.#inbox.push(decoded.message);
      }
    }
    return this.#inbox.shift()!;
  }

  /** Close code and reason, once the link has closed the connection. */
  async closeCode(): Promise<number> {
    while (await this.socket.receive());
    return (await this.socket.ended).code;
  }

  async leave(): Promise<void> {
    await this.socket.close();
  }
}
