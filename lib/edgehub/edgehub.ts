import { type Clock, type Component, sleep, TaskSet } from "../base/mod.ts";
import {
  CLOUD_CONNECTED,
  CLOUD_DISCONNECTED,
  Group,
  type Message,
  Module,
  newMessage,
  NODE_CONNECTION_RESOURCE,
  NODE_CONNECTION_SOURCE,
  Operation,
} from "../message/mod.ts";
import { CloudSession } from "./cloud_session.ts";
import { ConnectionNews } from "./connection_news.ts";
import { dial, type Dialled } from "./dial.ts";
import type { EdgehubObserver, EdgehubOptions } from "./edgehub_options.ts";
import { linkEnd } from "./link_end.ts";
import { LinkError } from "./link_error.ts";
import { type LastTry, nextDial } from "./redial.ts";

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
  readonly name: string = NODE_CONNECTION_SOURCE;
  readonly #options: EdgehubOptions;
  readonly #observer: EdgehubObserver;
  readonly #tasks: TaskSet;
  readonly #news: ConnectionNews;
  /** Aborted once no further link is wanted. */
  readonly #ending = new AbortController();
  #unregister: (() => void) | undefined;
  #session: CloudSession | undefined;
  #closed: Promise<void> | undefined;
  #state: LinkState;
  /** Whether the last dial waited in vain. */
  #isSilent = false;
  /** Whether the credentials have changed since the last dial began. */
  #isStale = false;
  /** Aborted to end the wait before the next dial. */
  #wake = new AbortController();

  /**
   * Builds a stopped link.
   *
   * @param options Everything it works with.
   */
  constructor(options: EdgehubOptions) {
    this.#options = options;
    this.#observer = options.observer ?? {};
    const onError = (error: unknown) => this.#observer.broken?.(error);
    this.#tasks = new TaskSet((_, error) => onError(error));
    this.#news = new ConnectionNews({
      router: options.router,
      message: (group, connected) => this.#connectionMessage(group, connected),
      onError,
    });
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
    if (this.#unregister || this.#ending.signal.aborted) {
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

  /**
   * Dials anew, for credentials that have changed: a link that is up ends
   * with a close frame first.
   */
  redial(): void {
    this.#isStale = true;
    this.reconnect();
    if (this.#session) this.#sayGoodbye(this.#session);
  }

  /** The NodeConnection of this moment, for a group. */
  nodeConnection(group: string): Message {
    return this.#connectionMessage(group, this.#state.state === "connected");
  }

  /** Dials no more, stops to read and lets what was sent leave. */
  async drain(deadlineMs: number): Promise<void> {
    this.#end();
    const drained = this.#session?.drain();
    if (!drained) return;
    const deadline = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(deadlineMs, deadline.resolve);
    await Promise.race([drained, deadline.promise]);
    timer.cancel();
  }

  /** Closes the link with a close frame and dials no more. */
  stop(): Promise<void> {
    this.#closed ??= this.#stop();
    return this.#closed;
  }

  /** Stops. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#end();
    await this.#session?.close(CLOSE_DEADLINE_MS);
    await this.#tasks.settled();
    this.#unregister?.();
  }

  #end(): void {
    this.#ending.abort(new Error("Link stops"));
    this.#wake.abort(new Error("Link stops"));
  }

  async #loop(): Promise<void> {
    const { signal } = this.#ending;
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
      await this.#pause(clock, next.waitMs);
    }
  }

  /** Waits, unless somebody wants to dial now. */
  async #pause(clock: Clock, waitMs: number): Promise<void> {
    const { signal } = this.#wake;
    try {
      await sleep(clock, waitMs, signal);
    } catch (reason) {
      if (!signal.aborted) throw reason;
    }
  }

  /** Dials and runs one session to its end; what fails is a value. */
  async #oneLink(): Promise<{ last: LastTry; error: LinkError }> {
    const { signal } = this.#ending;
    this.#isStale = false;
    this.#setState("dialling");
    this.#observer.dialling?.(this.#options.url.href);
    try {
      const dialled = await dial({
        ...this.#options,
        headers: this.#headers(),
        signal,
        probe: this.#isSilent,
        onTooLarge: (head) => this.#session?.tooLarge(head),
      });
      this.#isSilent = false;
      return await this.#runSession(dialled);
    } catch (error) {
      if (error instanceof LinkError) {
        // A cloud that was only too slow may have made a session.
        if (error.kind === "timeout") this.#isSilent = true;
        if (error.kind === "tls") this.#isSilent = false;
        const ended = error.kind === "timeout" ? "by-us" : "not-connected";
        return { last: { ended, livedMs: 0 }, error };
      }
      if (!signal.aborted) this.#observer.broken?.(error);
      return {
        last: { ended: "by-us", livedMs: 0 },
        error: new LinkError("ended", "The link failed", { cause: error }),
      };
    } finally {
      this.#session = undefined;
      this.#setState("disconnected");
    }
  }

  async #runSession(
    { connection, certificateNotAfterMs }: Dialled,
  ): Promise<{ last: LastTry; error: LinkError }> {
    const { clock, url } = this.#options;
    // Stopped in the moment in which the dial came through.
    if (this.#ending.signal.aborted) {
      connection.abort();
      this.#ending.signal.throwIfAborted();
    }
    const startedMs = clock.monotonic();
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
    if (this.#isStale) this.#sayGoodbye(session);
    await session.run();
    const livedMs = clock.monotonic() - startedMs;
    const { error, ended } = linkEnd(await connection.ended, session.givenUp);
    return { last: { ended, livedMs }, error };
  }

  #sayGoodbye(session: CloudSession): void {
    this.#tasks.spawn("redial", () => session.close(CLOSE_DEADLINE_MS));
  }

  #headers(): Record<string, string> {
    const { nodeId, projectId } = this.#options;
    // Without ConnectionUse CloudHub never reads (wire document, 2.1).
    return { node_id: nodeId, project_id: projectId, ConnectionUse: "msg" };
  }

  #setState(state: LinkState["state"]): void {
    const before = this.#state.state;
    this.#state = { state, since: this.#options.clock.now() };
    if ((before === "connected") !== (state === "connected")) {
      this.#news.tell(state === "connected");
    }
  }

  #connectionMessage(group: string, connected: boolean): Message {
    return newMessage(this.#options.stamp, {
      source: NODE_CONNECTION_SOURCE,
      group,
      operation: Operation.connect,
      resource: NODE_CONNECTION_RESOURCE,
      content: connected ? CLOUD_CONNECTED : CLOUD_DISCONNECTED,
    });
  }
}

/** How long the cloud may take to answer our close frame, in milliseconds. */
const CLOSE_DEADLINE_MS = 1000;
