import { acceptKeyOf } from "./upgrade.ts";
import { FrameMill, ID_PREFIX, serverFrame, type Shape } from "./objects.ts";
import { noDelay } from "./no_delay.ts";
import { Latencies } from "./figures.ts";

/** One load: how many messages, how many of them unanswered at a time. */
export interface Load {
  /** Objects and messages. */
  readonly shape: Shape;
  /** Messages in all. */
  readonly messages: number;
  /** Unanswered at a time. */
  readonly inFlight: number;
  /** Whether each message changes its object. @default true */
  readonly delta?: boolean;
  /** How keys follow each other. @default "cycle" */
  readonly order?: "cycle" | "random";
  /** Milliseconds without an answer after which the rest counts as lost. @default 5000 */
  readonly patienceMs?: number;
  /** Messages per second at most. @default as many as are answered */
  readonly ratePerSecond?: number;
}

/** What became of a load. */
export interface LoadResult {
  /** Answered messages per second, from the first send to the last answer. */
  readonly perSecond: number;
  /** Milliseconds from send to answer, median. */
  readonly p50Ms: number;
  /** The same, 99th percentile. */
  readonly p99Ms: number;
  /** Messages that got no answer. */
  readonly lost: number;
  /** Answers that were errors. */
  readonly errors: number;
  /** Seconds it took. */
  readonly seconds: number;
}

interface Running {
  readonly sentAtMs: Float64Array;
  readonly first: number;
  readonly latencies: Latencies;
  answered: number;
  errors: number;
  lastAnswerMs: number;
  readonly refill: () => void;
}

const OUT_BYTES = 1024 * 1024;

/**
 * A cloud for load: speaks the wire of CloudHub to one node at a time and
 * does as little as possible for it. Frames are copied from templates, and
 * of what the node sends only ids are looked at.
 */
export class LoadHub {
  readonly #listener: Deno.TlsListener;
  readonly #accepting: Promise<void>;
  readonly #waiting = new Set<() => void>();
  #conn: Deno.TlsConn | undefined;
  #running: Running | undefined;
  readonly #revisions = new Map<number, number>();
  #sent = 0;
  #decoder = new TextDecoder("latin1");
  #out: Uint8Array[] = [];
  #isWriting = false;
  /** When each connection's first keepalive came, by performance.now(). */
  readonly keepalives: number[] = [];
  /** Messages of the node that are no answers, by `operation type`. */
  readonly received = new Map<string, number>();
  /** Told of each of them, with its text. */
  onMessage: ((text: string) => void) | undefined;
  /** Nagle is off, as at a hub written in Go. */
  isNoDelay = false;

  /** Listens at once, on a free port of the loopback address. */
  constructor(tls: { cert: string; key: string }) {
    this.#listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...tls });
    this.#accepting = this.#accept();
  }

  /** Address that the node dials. */
  get url(): string {
    const { port } = this.#listener.addr as Deno.NetAddr;
    return `wss://localhost:${port}/e632aba927ea4ac2b575ec1603d56f10/edge-1/events`;
  }

  /** Whether a node is connected. */
  get isConnected(): boolean {
    return this.#conn !== undefined;
  }

  /** Waits until something is so; looked at after each read. */
  async until(
    fits: () => boolean,
    what: string,
    timeoutMs = 60_000,
  ): Promise<void> {
    if (fits()) return;
    const found = Promise.withResolvers<void>();
    const look = () => fits() && found.resolve();
    const timer = setTimeout(
      () => found.reject(new Error(`Waited in vain: ${what}`)),
      timeoutMs,
    );
    // Not all that is waited for comes with a frame.
    const poll = setInterval(look, 20);
    this.#waiting.add(look);
    try {
      await found.promise;
    } finally {
      clearTimeout(timer);
      clearInterval(poll);
      this.#waiting.delete(look);
    }
  }

  /** Waits for a node's first keepalive. */
  connected(): Promise<void> {
    const before = this.keepalives.length;
    return this.until(
      () => this.#conn !== undefined && this.keepalives.length >= before,
      "a node connects",
    );
  }

  /** Nobody is let in. */
  isAway = false;

  /** Cuts the connection. */
  drop(): void {
    this.#conn?.close();
    this.#conn = undefined;
  }

  /** Sends one text frame. */
  send(text: string): void {
    this.#queue(serverFrame(text));
  }

  /** Runs a load to its end. */
  async run(load: Load): Promise<LoadResult> {
    const { shape, messages, inFlight, delta = true } = load;
    const mill = new FrameMill(shape, this.#sent, this.#revisions);
    const first = this.#sent + 1;
    this.#sent += messages;
    const done = Promise.withResolvers<void>();
    let next = 0;
    const startMs = performance.now();
    const keyOf = load.order === "random"
      ? () => Math.floor(Math.random() * shape.keys)
      : () => next % shape.keys;
    const allowed = () =>
      load.ratePerSecond === undefined
        ? messages
        : (performance.now() - startMs) / 1000 * load.ratePerSecond;
    const running: Running = {
      sentAtMs: new Float64Array(messages),
      first,
      latencies: new Latencies(messages),
      answered: 0,
      errors: 0,
      lastAnswerMs: startMs,
      refill: () => {
        if (running.answered >= messages) return done.resolve();
        const limit = Math.min(
          messages,
          running.answered + inFlight,
          allowed(),
        );
        while (next < limit) {
          const frames = new Uint8Array(this.#room(mill, limit - next));
          let at = 0;
          while (next < limit) {
            const key = keyOf();
            const size = mill.sizeOf(key);
            if (at + size > frames.length) break;
            const number = mill.write(frames, at, key, delta);
            running.sentAtMs[number - first] = performance.now();
            at += size;
            next++;
          }
          this.#queue(frames.subarray(0, at));
        }
      },
    };
    this.#running = running;
    running.refill();
    const patienceMs = load.patienceMs ?? 5000;
    const watch = setInterval(() => {
      if (performance.now() - running.lastAnswerMs > patienceMs) done.resolve();
      else if (load.ratePerSecond !== undefined) running.refill();
    }, load.ratePerSecond === undefined ? 100 : 5);
    await done.promise;
    clearInterval(watch);
    this.#running = undefined;
    const seconds = (running.lastAnswerMs - startMs) / 1000;
    return {
      perSecond: running.answered / seconds,
      p50Ms: running.latencies.percentile(50),
      p99Ms: running.latencies.percentile(99),
      lost: messages - running.answered,
      errors: running.errors,
      seconds,
    };
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    this.#listener.close();
    this.drop();
    await this.#accepting;
  }

  /** Bytes for so many frames, within reason, and for one at least. */
  #room(mill: FrameMill, frames: number): number {
    const size = mill.sizeOf(0);
    return Math.max(size, Math.min(OUT_BYTES, size * frames));
  }

  #queue(bytes: Uint8Array): void {
    this.#out.push(bytes);
    if (!this.#isWriting) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      // All that is queued in this turn leaves together.
      await Promise.resolve();
      while (this.#conn && this.#out.length > 0) {
        await this.#writeTo(this.#conn, joined(this.#out.splice(0)));
      }
    } finally {
      // In the very turn in which nothing was left: what is queued a moment
      // later would else find somebody who writes no more.
      this.#isWriting = false;
    }
  }

  async #writeTo(conn: Deno.TlsConn, bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        at += await conn.write(bytes.subarray(at));
      }
    } catch (error) {
      // The node has gone, as at the end of a row; its reader notices.
      const isGone = error instanceof Deno.errors.BrokenPipe ||
        error instanceof Deno.errors.ConnectionReset;
      if (conn === this.#conn && !isGone) throw error;
    }
  }

  async #accept(): Promise<void> {
    for (;;) {
      let conn: Deno.TlsConn;
      try {
        conn = await this.#listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        throw error;
      }
      if (this.isAway) {
        conn.close();
        continue;
      }
      await this.#serve(conn).catch((error) => {
        if (conn === this.#conn) this.drop();
        if (error instanceof Deno.errors.BadResource) return;
        if (error instanceof Deno.errors.UnexpectedEof) return;
        if (error instanceof Deno.errors.ConnectionReset) return;
        if (error instanceof Deno.errors.BrokenPipe) return;
        if (error instanceof Deno.errors.Interrupted) return;
        throw error;
      });
    }
  }

  async #serve(conn: Deno.TlsConn): Promise<void> {
    let buffer = new Uint8Array(256 * 1024);
    let end = 0;
    let start = -1;
    let hasBeat = false;
    while (start < 0) {
      const n = await conn.read(buffer.subarray(end));
      if (n === null) return;
      end += n;
      const head = this.#decoder.decode(buffer.subarray(0, end));
      const at = head.indexOf("\r\n\r\n");
      if (at < 0) continue;
      start = at + 4;
      const key = /sec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? "";
      const answer = "HTTP/1.1 101 Switching Protocols\r\n" +
        "Upgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${await acceptKeyOf(key)}\r\n\r\n`;
      await conn.write(new TextEncoder().encode(answer));
      this.isNoDelay = noDelay();
      this.#conn = conn;
      this.#out = [];
    }
    for (;;) {
      while (start < end) {
        const frame = frameAt(buffer, start, end);
        if (!frame) break;
        start = frame.end;
        if (frame.opcode === 8) return this.drop();
        if (frame.opcode === 9) {
          unmask(buffer, frame);
          this.#queue(
            Uint8Array.of(
              0x8a,
              frame.end - frame.from,
              ...buffer.subarray(frame.from, frame.end),
            ),
          );
          continue;
        }
        if (frame.opcode > 8) continue;
        unmask(buffer, frame);
        const text = this.#decoder.decode(
          buffer.subarray(frame.from, frame.end),
        );
        if (!this.#take(text) && !hasBeat && text.includes('"keepalive"')) {
          hasBeat = true;
          this.keepalives.push(performance.now());
        }
      }
      this.#running?.refill();
      for (const look of this.#waiting) look();
      if (start === end) {
        start = end = 0;
      } else if (buffer.length - end < 64 * 1024) {
        const rest = buffer.subarray(start, end);
        const grown = rest.length > buffer.length / 2
          ? new Uint8Array(buffer.length * 2)
          : buffer;
        if (grown === buffer) buffer.copyWithin(0, start, end);
        else grown.set(rest);
        buffer = grown;
        end -= start;
        start = 0;
      }
      const n = await conn.read(buffer.subarray(end));
      if (n === null) {
        if (this.#conn === conn) this.drop();
        return;
      }
      end += n;
    }
  }

  /** Notes an answer to what we sent; answers what is not one. */
  #take(text: string): boolean {
    const mark = '"parent_msg_id":"' + ID_PREFIX;
    const at = text.indexOf(mark);
    if (at < 0) return this.#takeOther(text);
    const number = Number(text.slice(at + mark.length, at + mark.length + 12));
    const running = this.#running;
    if (!running || number < running.first) return true;
    const nowMs = performance.now();
    const sentAtMs = running.sentAtMs[number - running.first] ?? 0;
    if (sentAtMs === 0) return true;
    // A second answer to the same message counts for nothing.
    running.sentAtMs[number - running.first] = 0;
    running.latencies.add(nowMs - sentAtMs);
    running.answered++;
    running.lastAnswerMs = nowMs;
    if (text.includes('"operation":"error"')) running.errors++;
    return true;
  }

  #takeOther(text: string): boolean {
    const operation = fieldOf(text, "operation");
    const resource = fieldOf(text, "resource");
    const kind = `${operation} ${resource.split("/")[1] ?? resource}`;
    this.received.set(kind, (this.received.get(kind) ?? 0) + 1);
    this.onMessage?.(text);
    if (operation === "keepalive") return false;
    if (fieldOf(text, "parent_msg_id")) return true;
    const content = operation === "query" && resource.includes("/configmap/")
      ? configMap(resource)
      : "OK";
    if (
      operation === "ping" || operation === "query" || operation === "update"
    ) {
      this.send(JSON.stringify({
        header: {
          msg_id: crypto.randomUUID(),
          parent_msg_id: fieldOf(text, "msg_id"),
          timestamp: Date.now(),
        },
        route: {
          source: "edgecontroller",
          group: "resource",
          operation: "response",
          resource,
        },
        content,
      }));
    }
    return false;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function configMap(resource: string): Record<string, unknown> {
  const [namespace, , name = ""] = resource.split("/");
  return {
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: {
      name,
      namespace,
      uid: `22222222-0000-4000-8000-${name.slice(-7).padStart(12, "0")}`,
      resourceVersion: "1",
    },
    data: { text: "x".repeat(800) },
  };
}

function fieldOf(text: string, field: string): string {
  const mark = `"${field}":"`;
  const at = text.indexOf(mark);
  if (at < 0) return "";
  const from = at + mark.length;
  return text.slice(from, text.indexOf('"', from));
}

interface Frame {
  readonly opcode: number;
  readonly mask: number;
  readonly from: number;
  readonly end: number;
}

/** The masked frame that begins here, once it is whole. */
function frameAt(
  bytes: Uint8Array,
  at: number,
  end: number,
): Frame | undefined {
  if (end - at < 6) return undefined;
  let length = bytes[at + 1]! & 127;
  let mask = at + 2;
  if (length === 126) {
    length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    mask = at + 4;
  } else if (length === 127) {
    if (end - at < 14) return undefined;
    length = 0;
    for (let i = at + 2; i < at + 10; i++) length = length * 256 + bytes[i]!;
    mask = at + 10;
  }
  const from = mask + 4;
  if (from + length > end) return undefined;
  return { opcode: bytes[at]! & 15, mask, from, end: from + length };
}

function unmask(bytes: Uint8Array, { mask, from, end }: Frame): void {
  for (let i = from; i < end; i++) {
    bytes[i] = bytes[i]! ^ bytes[mask + ((i - from) & 3)]!;
  }
}
