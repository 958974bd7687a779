import { LIMITS, SystemClock } from "../../lib/base/mod.ts";
import type { HubTls } from "../../lib/dev/mod.ts";
import { HubListener } from "../../lib/dev/hub_listener.ts";
import { OK, Operation } from "../../lib/message/mod.ts";
import {
  type ByteStream,
  type UpgradeRequest,
  WebSocketConnection,
} from "../../lib/websocket/mod.ts";
import { reportOf } from "../support/store_image.ts";
import type { Change, Ledger } from "./ledger.ts";

/** Messages without an answer at a time. */
const IN_FLIGHT = 64;

/** What is read of a message of the node. */
interface Received {
  readonly header: { readonly msg_id: string; readonly parent_msg_id?: string };
  readonly route: { readonly operation: string; readonly resource: string };
  readonly content: unknown;
}

/**
 * A cloud that changes objects as fast as they are acknowledged, over wss.
 * Unlike CloudCore it has many messages out at once, so that COMMITs hold
 * many of them. It lives longer than the node: what was acknowledged stays
 * known, what was not is sent again on the next connection.
 */
export class FloodHub implements AsyncDisposable {
  /** Acks so far. */
  acks = 0;
  /** Answers that say that a message was not stored. */
  errors = 0;
  /** Whether it makes changes of its own, besides sending what is owed. */
  flooding = true;
  /** What the listener complained of. */
  readonly failures: string[] = [];
  readonly #ledger: Ledger;
  readonly #clock = new SystemClock();
  readonly #listener: HubListener;
  readonly #inFlight = new Map<string, Change>();
  #again: Change[] = [];
  #socket: WebSocketConnection | undefined;

  /** Builds a stopped hub. */
  constructor(ledger: Ledger, tls: HubTls) {
    this.#ledger = ledger;
    this.#listener = new HubListener({
      tls,
      clock: this.#clock,
      refusal: () => undefined,
      onConnection: (stream, request) => this.#serve(stream, request),
      onEvent: (kind, detail) => {
        if (kind !== "accepted") this.failures.push(`${kind}: ${detail}`);
      },
    });
  }

  /** Listens. */
  start(): Promise<void> {
    return this.#listener.start();
  }

  /** Address that the node dials. */
  get url(): string {
    return `wss://127.0.0.1:${this.#listener.port}/project/edge-1/events`;
  }

  /** Whether a node is connected. */
  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  /** Cuts the connection. */
  cut(): void {
    this.#socket?.abort();
  }

  /** Sends what is to be sent: after `flooding` was set, for instance. */
  pump(): void {
    while (this.#socket && this.#inFlight.size < IN_FLIGHT) {
      const again = this.#again.shift();
      const changes = again
        ? [again]
        : this.flooding
        ? this.#ledger.change()
        : [];
      if (changes.length === 0) return;
      for (const change of changes) this.#send(change);
    }
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await this.#listener.stop();
  }

  async #serve(stream: ByteStream, request: UpgradeRequest): Promise<void> {
    const socket = new WebSocketConnection(stream, {
      role: "server",
      clock: this.#clock,
      messageBytesMax: LIMITS.messageBytesMax,
      leftover: request.leftover,
    });
    // As in CloudHub the newest connection counts.
    this.#socket?.abort();
    this.#socket = socket;
    this.#inFlight.clear();
    this.#again = this.#ledger.owed();
    this.pump();
    for (;;) {
      const frames = await socket.receive();
      if (!frames) break;
      for (const frame of frames) {
        this.#take(socket, JSON.parse(String(frame)));
      }
      if (this.#socket === socket) this.pump();
    }
    socket.abort();
    if (this.#socket === socket) this.#socket = undefined;
  }

  /** What the node said counts, also if another connection is there by now. */
  #take(socket: WebSocketConnection, message: Received): void {
    const { header, route, content } = message;
    const parent = header.parent_msg_id;
    if (parent) return this.#takeAnswer(parent, route.operation);
    if (route.operation === Operation.update) {
      const report = reportOf(content);
      if (report) {
        const known = this.#ledger.report(report.uid);
        known.confirmed = Math.max(known.confirmed, report.round);
      }
    } else if (
      route.operation !== Operation.query && route.operation !== "ping"
    ) return;
    socket.send(JSON.stringify({
      header: {
        msg_id: crypto.randomUUID(),
        parent_msg_id: header.msg_id,
        timestamp: Date.now(),
      },
      route: {
        source: "edgecontroller",
        group: "resource",
        operation: Operation.response,
        resource: route.resource,
      },
      content: route.operation === Operation.query
        ? this.#answerTo(route.resource)
        : OK,
    }));
  }

  /** A question for what is under load gets the truth, any other a bare `OK`. */
  #answerTo(key: string): unknown {
    if (!/^default\/(?:pod|configmap)\/./.test(key)) return OK;
    return this.#ledger.object(key) ?? {
      ErrStatus: {
        status: "Failure",
        reason: "NotFound",
        code: 404,
        message: `${key} not found`,
      },
    };
  }

  #takeAnswer(parent: string, operation: string): void {
    const change = this.#inFlight.get(parent);
    if (!change) return;
    this.#inFlight.delete(parent);
    if (operation === Operation.error) {
      this.errors++;
      this.#again.push(change);
      return;
    }
    this.acks++;
    this.#ledger.acked(change);
  }

  #send(change: Change): void {
    const { key, operation, seq, content } = change;
    const id = crypto.randomUUID();
    this.#inFlight.set(id, change);
    this.#socket?.send(JSON.stringify({
      header: {
        msg_id: id,
        timestamp: Date.now(),
        resourceversion: String(seq),
      },
      route: {
        source: "edgecontroller",
        group: "resource",
        operation,
        resource: key,
      },
      content,
    }));
  }
}
