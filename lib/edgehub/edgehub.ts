import { type Component, TaskSet } from "../base/mod.ts";
import {
  Group,
  type Message,
  Module,
  NODE_CONNECTION_SOURCE,
} from "../message/mod.ts";
import { CloudSession } from "./cloud_session.ts";
import { ConnectionNews } from "./connection_news.ts";
import { dial, type Dialled } from "./dial.ts";
import { DialWait } from "./dial_wait.ts";
import type { EdgehubObserver, EdgehubOptions } from "./edgehub_options.ts";
import { type EndedTry, Endpoints, NEVER_UP } from "./endpoints.ts";
import { IdleTimer } from "./idle_timer.ts";
import { linkEnd } from "./link_end.ts";
import { LinkError } from "./link_error.ts";
import { type LinkLoad, type LinkState, NO_LOAD } from "./link_state.ts";
import { nodeConnection } from "./node_connection.ts";
import { nextDial, REDIAL_WAIT_MS_MIN } from "./redial.ts";
import { sessionHeaders } from "./session_headers.ts";
import { TokenBucket } from "./token_bucket.ts";

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
  readonly #bucket: TokenBucket;
  readonly #endpoints: Endpoints;
  readonly #wait: DialWait;
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

  /** Builds a stopped link. @param options Everything it works with. */
  constructor(options: EdgehubOptions) {
    this.#options = options;
    this.#observer = options.observer ?? {};
    const onError = (error: unknown) => this.#observer.broken?.(error);
    this.#tasks = new TaskSet((_, error) => onError(error));
    this.#news = new ConnectionNews({
      router: options.router,
      message: (...args) => nodeConnection(options.stamp, ...args),
      onError,
    });
    this.#wait = new DialWait(options.clock);
    this.#bucket = new TokenBucket(options.clock, options.rate);
    const { urls, failover, random } = options;
    this.#endpoints = new Endpoints(urls, { ...failover, random });
    this.#state = { state: "disconnected", since: options.clock.now() };
  }

  /** State of the link and since when, wall clock in milliseconds. */
  get state(): LinkState {
    return this.#state;
  }

  /** The address in use or dialled next. */
  get url(): string {
    return this.#endpoints.current.href;
  }

  /** What waits at the link now. */
  get load(): LinkLoad {
    return this.#session ?? NO_LOAD;
  }

  /** Registers at the router and starts to dial; does not wait for a link. */
  start(): Promise<void> {
    if (this.#unregister || this.#ending.signal.aborted) {
      return Promise.resolve();
    }
    this.#unregister = this.#options.router.register({
      name: Module.edgehub,
      group: Group.hub,
      receive: ({ message, untilMs }) =>
        this.#session?.send(message, untilMs) ?? false,
      room: () => this.#session?.room(),
    });
    this.#tasks.spawn("dial loop", () => this.#loop());
    return Promise.resolve();
  }

  /**
   * A person asks for a fresh link. One that is down and waits is dialled now,
   * or as soon as a dial that is under way has failed. One that is up is
   * closed, and dialled after the wait that keeps the cloud from ending both;
   * one that has just come up is fresh already.
   */
  reconnect(): void {
    const session = this.#session;
    if (!session) this.#wait.skip();
    else if (session.livedMs >= REDIAL_WAIT_MS_MIN) {
      this.#leave(session, "reconnect");
    }
  }

  /** What failed may work now: one that is down is dialled as soon as it may. */
  retry(): void {
    if (!this.#session) this.#wait.hurry();
  }

  /**
   * Dials anew, for what has changed: a link that is up ends with a close frame
   * first.
   */
  redial(reason = "new credentials"): void {
    this.#isStale = true;
    if (this.#session) this.#leave(this.#session, reason);
    else this.retry();
  }

  /** The NodeConnection of this moment, for a group. */
  nodeConnection(group: string): Message {
    const isConnected = this.#state.state === "connected";
    return nodeConnection(this.#options.stamp, group, isConnected);
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
    await this.#session?.close(CLOSE_DEADLINE_MS, "node stops");
    await this.#tasks.settled();
    this.#unregister?.();
  }

  #end(): void {
    this.#ending.abort(new Error("Link stops"));
    this.#wait.end();
  }

  /** Ends a link in order to dial another one. */
  #leave(session: CloudSession, reason: string): void {
    if (!this.#wait.leave()) return;
    this.#tasks.spawn(
      "leave",
      () => session.close(CLOSE_DEADLINE_MS, reason),
    );
  }

  async #loop(): Promise<void> {
    const { signal } = this.#ending;
    let failures = 0;
    while (!signal.aborted) {
      const { url } = this;
      this.#wait.reset();
      const { last, error } = await this.#oneLink();
      if (signal.aborted) return;
      const { reconnect, random } = this.#options;
      const next = nextDial(failures, last, {
        ...reconnect,
        random,
        isWithinRound: this.#endpoints.ended(last),
      });
      failures = next.failures;
      const { livedMs } = last;
      const waitMs = this.#wait.lengthMs(next);
      this.#observer.down?.({ url, error, livedMs, waitMs });
      await this.#wait.pass(next);
    }
  }

  /** Dials and runs one session to its end; what fails is a value. */
  async #oneLink(): Promise<{ last: EndedTry; error: LinkError }> {
    const { signal } = this.#ending;
    this.#isStale = false;
    this.#endpoints.use(this.#options.urls, this.#options.failover);
    this.#setState("dialling");
    this.#observer.dialling?.(this.url);
    try {
      await using dialled = await (this.#options.dial ?? dial)({
        ...this.#options,
        url: this.#endpoints.current,
        headers: sessionHeaders(this.#options),
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
        return { last: { ended, ...NEVER_UP }, error };
      }
      if (!signal.aborted) this.#observer.broken?.(error);
      return {
        last: { ended: "by-us", ...NEVER_UP },
        error: new LinkError("ended", "The link failed", { cause: error }),
      };
    } finally {
      this.#session = undefined;
      this.#setState("disconnected");
    }
  }

  async #runSession(
    { connection, certificateNotAfterMs }: Dialled,
  ): Promise<{ last: EndedTry; error: LinkError }> {
    const { url } = this;
    // Stopped in the moment in which the dial came through.
    if (this.#ending.signal.aborted) {
      connection.abort();
      this.#ending.signal.throwIfAborted();
    }
    this.#setState("unproven");
    const session = new CloudSession(connection, {
      ...this.#options,
      bucket: this.#bucket,
      onProven: () => {
        this.#setState("connected");
        this.#observer.connected?.({ url, certificateNotAfterMs });
      },
      onFault: (fault) => this.#observer.fault?.(fault),
    });
    this.#session = session;
    // Who asked for it within the dial has it.
    this.#wait.reset();
    if (this.#isStale) this.#leave(session, "new credentials");
    const timer = this.#preferTimer(session);
    try {
      await session.run();
    } finally {
      timer?.cancel();
    }
    const { livedMs } = session;
    const { error, ended } = linkEnd(await connection.ended, session);
    const isProven = session.proven;
    return { last: { ended, livedMs, isProven }, error };
  }

  /** Leaves an address that is not the preferred one, when it is time. */
  #preferTimer(session: CloudSession): IdleTimer | undefined {
    const { preferAfterMs } = this.#endpoints;
    if (preferAfterMs === undefined) return undefined;
    return new IdleTimer({
      clock: this.#options.clock,
      afterMs: preferAfterMs,
      isIdle: () => session.isIdle,
      onIdle: () => {
        this.#endpoints.prefer();
        this.#leave(session, "preferred address");
      },
    });
  }

  #setState(state: LinkState["state"]): void {
    const before = this.#state.state;
    this.#state = { state, since: this.#options.clock.now() };
    if ((before === "connected") !== (state === "connected")) {
      this.#news.tell(state === "connected");
    }
  }
}

/** How long the cloud may take to answer our close frame, in milliseconds. */
const CLOSE_DEADLINE_MS = 1000;
