import { assert } from "@std/assert";
import { CloudSession } from "../../../lib/edgehub/cloud_session.ts";
import type {
  LinkDeadlines,
  TokenBucketOptions,
} from "../../../lib/edgehub/mod.ts";
import { TokenBucket } from "../../../lib/edgehub/token_bucket.ts";
import {
  encode,
  type Message,
  type MessageFault,
} from "../../../lib/message/mod.ts";
import { Router } from "../../../lib/router/mod.ts";
import { WebSocketConnection } from "../../../lib/websocket/mod.ts";
import { bytePipe, type BytePipeOptions } from "../../support/byte_pipe.ts";
import { nextId } from "../../support/messages.ts";
import { thinLink, type ThinLinkOptions } from "../../support/thin_link.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

/** Deadlines of the session under test. */
export const DEADLINES: LinkDeadlines = {
  readDeadlineMs: 15_000,
  writeDeadlineMs: 10_000,
  proofTimeoutMs: 30_000,
  probeAfterMs: 60_000,
};

/** A session on a pipe in memory, and the cloud's end of it. */
export class SessionWorld {
  readonly clock = new VirtualClock();
  readonly router = new Router(this.clock);
  readonly connection: WebSocketConnection;
  /** The cloud's end. */
  readonly cloud: WebSocketConnection;
  readonly session: CloudSession;
  readonly faults: MessageFault[] = [];
  /** Monotonic times at which the session was proven. */
  readonly proven: number[] = [];
  /** What the cloud has received, in order. */
  readonly received: { readonly atMs: number; readonly message: Message }[] =
    [];
  /** Settles when the session has ended. */
  readonly done: Promise<void>;
  isDone = false;

  /** Starts the session at once; the cloud reads unless told otherwise. */
  constructor(
    options: BytePipeOptions & {
      readonly heartbeatMs?: number;
      readonly thin?: ThinLinkOptions;
      readonly reads?: boolean;
      readonly messageBytesMax?: number;
      readonly rate?: TokenBucketOptions;
      readonly deadlines?: Partial<LinkDeadlines>;
    } = {},
  ) {
    const { clock } = this;
    const [near, far] = options.thin
      ? thinLink(clock, options.thin)
      : bytePipe(options);
    const messageBytesMax = options.messageBytesMax ?? 1 << 20;
    this.connection = new WebSocketConnection(near, {
      role: "client",
      clock,
      messageBytesMax,
      paced: true,
    });
    this.cloud = new WebSocketConnection(far, {
      role: "server",
      clock,
      messageBytesMax: 32 << 20,
    });
    this.session = new CloudSession(this.connection, {
      clock,
      router: this.router,
      stamp: { newId: nextId, now: () => clock.now() },
      nodeId: "edge-1",
      heartbeatMs: options.heartbeatMs ?? 15_000,
      deadlines: { ...DEADLINES, ...options.deadlines },
      messageBytesMax,
      bucket: new TokenBucket(
        clock,
        options.rate ?? { perSecond: 0, burst: 1 },
      ),
      onProven: () => this.proven.push(clock.monotonic()),
      onFault: (fault) => this.faults.push(fault),
    });
    this.done = this.session.run().then(() => {
      this.isDone = true;
    });
    if (options.reads !== false) void this.read();
  }

  /** The cloud reads on until the end. */
  async read(): Promise<void> {
    for (let batch; (batch = await this.cloud.receive());) {
      for (const data of batch) {
        const message = JSON.parse(String(data)) as Message;
        this.received.push({ atMs: this.clock.monotonic(), message });
      }
    }
  }

  /** The cloud sends messages, or texts as they are. */
  async tell(...messages: (Message | string)[]): Promise<void> {
    for (const message of messages) {
      this.cloud.send(typeof message === "string" ? message : encode(message));
    }
    await this.clock.settle();
  }

  /** What the cloud received of an operation. */
  got(operation: string): Message[] {
    return this.received.map(({ message }) => message).filter(({ route }) =>
      route.operation === operation
    );
  }

  /** Ends both ends and checks that nothing is left. */
  async end(): Promise<void> {
    this.connection.abort();
    this.cloud.abort();
    await this.done;
    await this.clock.advance(1000);
    assert(this.clock.pending === 0, `${this.clock.pending} timers are left`);
  }
}
