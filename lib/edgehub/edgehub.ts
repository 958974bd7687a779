import {
  type Clock,
  type Component,
  type Random,
  sleep,
  TaskSet,
} from "../base/mod.ts";
import type { CredentialFiles } from "../identity/mod.ts";
import {
  CLOUD_CONNECTED,
  CLOUD_DISCONNECTED,
  Group,
  type Message,
  type MessageFault,
  Module,
  newMessage,
  NODE_CONNECTION_RESOURCE,
  NODE_CONNECTION_SOURCE,
  Operation,
  type Stamp,
} from "../message/mod.ts";
import type { Router } from "../router/mod.ts";
import { CloudSession } from "./cloud_session.ts";
import { dial } from "./dial.ts";
import { LinkError } from "./link_error.ts";
import type { LinkDeadlines } from "./link_watch.ts";
import { type LastTry, nextDial, type RedialOptions } from "./redial.ts";

/** What is told of the link, for logs, metrics and health. */
export interface EdgehubObserver {
  /** A dial begins. */
  dialling?(url: string): void;
  /** The cloud has answered on a new connection. */
  connected?(event: {
    readonly url: string;
    readonly certificateNotAfterMs: number | undefined;
  }): void;
  /** A dial failed or a link ended; `waitMs` until the next dial. */
  down?(event: {
    readonly error: LinkError;
    readonly livedMs: number;
    readonly waitMs: number;
  }): void;
  /** A frame was refused. */
  fault?(fault: MessageFault): void;
  /** A loop ended with an error that is a defect of ours. */
  broken?(error: unknown): void;
}

/** What the cloud link works with. */
export interface EdgehubOptions {
  /** Where it meets the other modules. */
  readonly router: Router;
  /** Time. */
  readonly clock: Clock;
  /** Jitter. */
  readonly random: Random;
  /** Ids and time of messages made here. */
  readonly stamp: Stamp;
  /** `wss://` or `ws://` address with its path. */
  readonly url: URL;
  /** Credentials; read anew for each dial. */
  readonly files: CredentialFiles;
  /** Name of this node: CloudHub takes the identity from the header alone. */
  readonly nodeId: string;
  /** Project of this node. */
  readonly projectId: string;
  /** Deadline of a dial in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** Interval of the keepalive in milliseconds. */
  readonly heartbeatMs: number;
  /** When the peer counts as gone. */
  readonly deadlines: LinkDeadlines;
  /** Bounds of the wait between dials. */
  readonly reconnect: RedialOptions;
  /** Largest message in bytes. */
  readonly messageBytesMax: number;
  /** Told of what happens. */
  readonly observer?: EdgehubObserver;
}

/** State of the link, for a person. */
export type LinkState =
  | { readonly state: "disconnected"; readonly since: number }
  | { readonly state: "dialling"; readonly since: number }
  | { readonly state: "unproven"; readonly since: number }
  | { readonly state: "connected"; readonly since: number };

/**
 * The link to the cloud: dials, runs one session at a time, dials again.
 *
 * Invariants: there is never more than one connection, and the old one has
 * ended before the next dial; every change of the connection is published as
 * NodeConnection, `connected` only once the cloud has answered something.
 */
export class Edgehub implements Component {
  /** Name of the component; its module is called `websocket`. */
  readonly name = NODE_CONNECTION_SOURCE;
  readonly #options: EdgehubOptions;
  readonly #observer: EdgehubObserver;
  readonly #tasks: TaskSet;
  readonly #stopping = new AbortController();
  #unregister: (() => void) | undefined;
  #session: CloudSession | undefined;
  #state: LinkState;
  #wake = new AbortController();

  /** @param options Everything it works with. */
  constructor(options: EdgehubOptions) {
    this.#options = options;
    this.#observer = options.observer ?? {};
    this.#tasks = new TaskSet((_, error) => this.#observer.broken?.(error));
    this.#state = { state: "disconnected", since: options.clock.now() };
  }

  /** State of the link and since when, wall clock in milliseconds. */
  get state(): LinkState {
    return this.#state;
  }

  /** Bytes that wait for the uplink. */
  get bufferedBytes(): number {
    return this.#session?.bufferedBytes ?? 0;
  }

  /** Registers at the router and starts to dial; does not wait for a link. */
  start(): Promise<void> {
    if (this.#unregister || this.#stopping.signal.aborted) {
      return Promise.resolve();
    }
    this.#unregister = this.#options.router.register({
      name: Module.edgehub,
      group: Group.hub,
      receive: ({ message }) => this.#session?.send(message) ?? false,
      room: () => this.#session?.room(),
    });
    this.#tasks.spawn("dial loop", () => this.#loop());
    return Promise.resolve();
  }

  /** Dials now if the link is down and waits for its next try. */
  reconnect(): void {
    this.#wake.abort(new Error("Dial now"));
  }

  /** The NodeConnection of this moment, for a group. */
  nodeConnection(group: string): Message {
    const connected = this.#state.state === "connected";
    return newMessage(this.#options.stamp, {
      source: NODE_CONNECTION_SOURCE,
      group,
      operation: Operation.connect,
      resource: NODE_CONNECTION_RESOURCE,
      content: connected ? CLOUD_CONNECTED : CLOUD_DISCONNECTED,
    });
  }

  /** Stops to read and lets what was sent leave. */
  async drain(deadlineMs: number): Promise<void> {
    const drained = this.#session?.drain();
    if (!drained) return;
    const deadline = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(deadlineMs, deadline.resolve);
    await Promise.race([drained, deadline.promise]);
    timer.cancel();
  }

  /** Closes the link with a close frame and dials no more. */
  async stop(): Promise<void> {
    if (!this.#stopping.signal.aborted) {
      this.#stopping.abort(new Error("Link stops"));
      await this.#session?.close(CLOSE_DEADLINE_MS);
    }
    await this.#tasks.settled();
    this.#unregister?.();
  }

  /** Stops. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopping;
    const { reconnect, random, clock } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const { last, error } = await this.#oneLink();
      if (signal.aborted) return;
      const next = nextDial(failures, last, { ...reconnect, random });
      failures = next.failures;
      this.#observer.down?.({
        error,
        livedMs: last.livedMs,
        waitMs: next.waitMs,
      });
      this.#wake = new AbortController();
      const woken = AbortSignal.any([signal, this.#wake.signal]);
      try {
        await sleep(clock, next.waitMs, woken);
      } catch (reason) {
        if (!woken.aborted) throw reason;
      }
    }
  }

  /** Dials and runs one session to its end. */
  async #oneLink(): Promise<{ last: LastTry; error: LinkError }> {
    const { clock, url } = this.#options;
    const { signal } = this.#stopping;
    this.#setState("dialling");
    this.#observer.dialling?.(url.href);
    let connectedMs = 0;
    try {
      const { connection, certificateNotAfterMs } = await dial({
        ...this.#options,
        headers: this.#headers(),
        signal,
      });
      connectedMs = clock.monotonic();
      this.#setState("unproven");
      const session = new CloudSession(connection, {
        ...this.#options,
        onProven: () => {
          this.#setState("connected");
          this.#observer.connected?.({ url: url.href, certificateNotAfterMs });
        },
        onFault: (fault) => this.#observer.fault?.(fault),
      });
      this.#session = session;
      await session.run();
      const end = await connection.ended;
      const livedMs = clock.monotonic() - connectedMs;
      const error = session.givenUp ?? new LinkError(
        "ended",
        end.by === "peer"
          ? `The cloud ended the link (${end.code}${
            end.reason ? ` ${end.reason}` : ""
          })`
          : `The link broke: ${messageOf(end.error)}`,
      );
      const ended = session.givenUp || end.by === "us" ? "by-us" : "by-peer";
      return { last: { ended, livedMs }, error };
    } catch (error) {
      if (signal.aborted) return { last: NOT_CONNECTED, error: STOPPED };
      if (!(error instanceof LinkError)) throw error;
      return { last: NOT_CONNECTED, error };
    } finally {
      this.#session = undefined;
      this.#setState("disconnected");
    }
  }

  #headers(): Record<string, string> {
    const { nodeId, projectId } = this.#options;
    // Without ConnectionUse CloudHub never reads (wire document, 2.1).
    return { node_id: nodeId, project_id: projectId, ConnectionUse: "msg" };
  }

  #setState(state: LinkState["state"]): void {
    const before = this.#state.state;
    this.#state = { state, since: this.#options.clock.now() };
    if ((before === "connected") !== (state === "connected")) this.#publish();
  }

  /** Tells every group but our own; nobody there is nobody to tell. */
  #publish(): void {
    const { router } = this.#options;
    const groups = new Set(router.modules().map((module) => module.group));
    groups.delete(Group.hub);
    for (const group of groups) {
      router.sendToGroup(group, {
        message: this.nodeConnection(group),
        from: NODE_CONNECTION_SOURCE,
      });
    }
  }
}

/** How long the cloud may take to answer our close frame, in milliseconds. */
const CLOSE_DEADLINE_MS = 1000;

const NOT_CONNECTED: LastTry = { ended: "not-connected", livedMs: 0 };

const STOPPED = new LinkError("ended", "The node stops");

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "end of stream";
}
