import { type Clock, LIMITS, SystemClock, systemIds } from "../base/mod.ts";
import { type Message, Operation } from "../message/mod.ts";
import {
  type ByteStream,
  type UpgradeRequest,
  WebSocketConnection,
} from "../websocket/mod.ts";
import { CloudCore, type CloudCoreOptions } from "./cloud_core.ts";
import type { CloudObject, Manifest, ObjectRef } from "./cloud_object.ts";
import type { DeleteOptions } from "./cloud_objects.ts";
import { goDecode } from "./go_decode.ts";
import { HubFaults } from "./hub_faults.ts";
import { HubListener, type HubTls } from "./hub_listener.ts";
import { Journal } from "./journal.ts";
import type { SessionStatus } from "./node_session.ts";

/** How a hub listens, and what its CloudCore is like. */
export interface CloudHubOptions extends Partial<CloudCoreOptions> {
  /** Speaks TLS with this; plain TCP without. */
  readonly tls?: HubTls;
  /** Address to listen on. @default "127.0.0.1" */
  readonly hostname?: string;
  /** Port; 0 takes a free one, which is kept over restarts. @default 0 */
  readonly port?: number;
  /** Frames and events kept. @default 10 000 */
  readonly entriesMax?: number;
}

/** A frame that passed the hub. */
export interface HubFrame {
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
  /** Node on the other end. */
  readonly node: string;
  /** Who sent it. */
  readonly from: "edge" | "cloud";
  /** The text as it was on the wire. */
  readonly text: string;
  /** The message; `undefined` if it could not be read. */
  readonly message: Message | undefined;
}

/** Something that happened to a connection. */
export interface HubEvent {
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
  /** What happened. */
  readonly kind: "accepted" | "refused" | "open" | "ended" | "failed";
  /** Node, once it is known. */
  readonly node: string;
  /** More about it, for a person. */
  readonly detail: string;
  /** Header fields of the request, for `open`. */
  readonly headers?: Headers;
}

interface HubConnection {
  readonly node: string;
  readonly socket: WebSocketConnection;
}

/**
 * CloudCore over real sockets: CloudHub's listener around the model. For demos
 * and tests; Deno cannot require client certificates, so anybody may connect.
 *
 * Invariants: objects, ObjectSyncs and the port outlive `stop` and `start`;
 * all ends but those of the peer are abrupt, without a close frame.
 */
export class CloudHub implements AsyncDisposable {
  /** The model behind it. */
  readonly core: CloudCore;
  /** Ways to misbehave. */
  readonly faults = new HubFaults();
  /** Every frame in both directions, in order. */
  readonly frames: Journal<HubFrame>;
  /** Every connection's life. */
  readonly events: Journal<HubEvent>;
  readonly #options: CloudHubOptions;
  readonly #clock: Clock;
  readonly #listener: HubListener;
  readonly #connections = new Set<HubConnection>();

  /** Builds a stopped hub. */
  constructor(options: CloudHubOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
    this.core = new CloudCore({
      ...options,
      clock: this.#clock,
      ids: options.ids ?? systemIds,
    });
    const common = {
      clock: this.#clock,
      entriesMax: options.entriesMax ?? 10_000,
    };
    this.frames = new Journal({ ...common, describe: describeFrame });
    this.events = new Journal<HubEvent>({
      ...common,
      describe: (event) => `${event.kind} ${event.node} ${event.detail}`,
    });
    this.#listener = new HubListener({
      ...options,
      clock: this.#clock,
      refusal: () => this.faults.refuseStatus,
      onConnection: (stream, request) => this.#run(stream, request),
      onEvent: (kind, detail) => this.#note(kind, { detail }),
    });
  }

  /** Port it listens on, also while stopped; 0 before the first start. */
  get port(): number {
    return this.#listener.port;
  }

  /** Address that a node dials, as a stock edge builds it. */
  url(node: string, project = "e632aba927ea4ac2b575ec1603d56f10"): string {
    const scheme = this.#options.tls ? "wss" : "ws";
    const host = this.#options.hostname ?? "127.0.0.1";
    return `${scheme}://${host}:${this.port}/${project}/${node}/events`;
  }

  /**
   * Listens. Idempotent.
   *
   * @throws If the port is taken.
   */
  async start(): Promise<void> {
    await this.#listener.start();
    this.core.start();
  }

  /** Shuts down as CloudCore does: all connections just end. Idempotent. */
  async stop(): Promise<void> {
    this.core.stop();
    for (const { socket } of this.#connections) socket.abort();
    await this.#listener.stop();
  }

  /** Stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Creates or changes an object, as `kubectl apply` does. */
  apply(manifest: Manifest): CloudObject {
    return this.core.objects.apply(manifest);
  }

  /**
   * Deletes an object, as `kubectl delete` does.
   *
   * @returns Whether it was there.
   */
  delete(ref: ObjectRef, options: DeleteOptions = {}): boolean {
    return this.core.objects.delete(ref, options).ok;
  }

  /** One object, or `undefined`. */
  get(ref: ObjectRef): CloudObject | undefined {
    return this.core.objects.get(ref);
  }

  /** All objects of a lower-case type; of one namespace if named. */
  list(type: string, namespace?: string): CloudObject[] {
    return this.core.objects.list(type, namespace);
  }

  /** The sessions that live. */
  sessions(): SessionStatus[] {
    return this.core.sessions();
  }

  /** Settles once a node is connected and acked everything it is to have. */
  synced(node: string): Promise<void> {
    return this.core.synced(node);
  }

  /**
   * Cuts the connections of a node abruptly.
   *
   * @returns How many there were.
   */
  cut(node: string): number {
    const found = [...this.#connections].filter((one) => one.node === node);
    this.core.end(node);
    for (const { socket } of found) socket.abort();
    return found.length;
  }

  async #run(stream: ByteStream, request: UpgradeRequest): Promise<void> {
    const { headers } = request;
    // CloudHub takes the identity from here alone; the path is decoration.
    const node = headers.get("node_id") ?? "";
    const socket = new WebSocketConnection(stream, {
      role: "server",
      clock: this.#clock,
      messageBytesMax: LIMITS.messageBytesMax,
      leftover: request.leftover,
    });
    const connection = { node, socket };
    this.#connections.add(connection);
    this.#note("open", { node, headers });
    try {
      await this.#session(connection, headers.get("connectionuse") === "msg");
    } finally {
      this.#connections.delete(connection);
      socket.abort();
      const { by, code } = await socket.ended;
      this.#note("ended", { node, detail: `${by} ${code}` });
    }
  }

  async #session(connection: HubConnection, read: boolean): Promise<void> {
    const { node, socket } = connection;
    if (this.faults.mute || node === "" || !this.core.running) {
      await this.#read(connection, () => {});
      return;
    }
    const replaces = this.sessions().some((session) => session.node === node);
    const link = this.core.connect(node, {
      send: (text) => {
        this.#record(node, "cloud", text);
        if (!this.faults.loseDownstream) socket.send(text);
      },
      end: () => socket.abort(),
    });
    if (replaces && this.faults.replaceEndsBoth) this.core.end(node);
    try {
      if (read) await this.#read(connection, (text) => link.receive(text));
      // Without ConnectionUse nobody reads; keepalive ends the session.
      else await socket.ended;
    } finally {
      link.closed();
    }
  }

  async #read(
    connection: HubConnection,
    take: (text: string) => void,
  ): Promise<void> {
    const { node, socket } = connection;
    for (;;) {
      await Promise.race([this.faults.reading(), socket.ended]);
      const messages = await socket.receive();
      if (!messages) return;
      for (const data of messages) {
        const text = typeof data === "string"
          ? data
          : new TextDecoder().decode(data);
        const frame = this.#record(node, "edge", text);
        if (this.faults.ignoreAcks && isResponse(frame)) continue;
        take(text);
      }
    }
  }

  #record(node: string, from: HubFrame["from"], text: string): HubFrame {
    let message: Message | undefined;
    const frame = {
      atMs: this.#clock.now(),
      node,
      from,
      text,
      get message() {
        return message ??= goDecode(text);
      },
    };
    this.frames.add(frame);
    return frame;
  }

  #note(
    kind: HubEvent["kind"],
    more: { node?: string; detail?: string; headers?: Headers } = {},
  ): void {
    const atMs = this.#clock.now();
    this.events.add({ atMs, kind, node: "", detail: "", ...more });
  }
}

function isResponse(frame: HubFrame): boolean {
  return frame.message?.route.operation === Operation.response;
}

function describeFrame(frame: HubFrame): string {
  const { operation = "?", resource = "" } = frame.message?.route ?? {};
  return `${frame.from} ${frame.node} ${operation} ${resource}`;
}
