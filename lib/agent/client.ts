import {
  type BackoffOptions,
  type Clock,
  type Ids,
  type Random,
  SystemClock,
  systemIds,
  systemRandom,
} from "../base/mod.ts";
import {
  CLOUD_CONNECTED,
  decode,
  encode,
  Group,
  type Message,
  newMessage,
  NODE_CONNECTION_RESOURCE,
  Operation,
  resourceOf,
  ResourceType,
  type Stamp,
} from "../message/mod.ts";
import type {
  WebSocketConnection,
  WebSocketMessage,
} from "../websocket/mod.ts";
import type { AgentAddress, AttachQuery } from "./dial.ts";
import { AgentClosedError } from "./errors.ts";
import { Inbox, type MessageHandler } from "./inbox.ts";
import { Link } from "./link.ts";
import { type RequestOptions, Requests } from "./requests.ts";

/** Which pod is meant: one made anew under the same name is another. */
export interface PodName {
  /** Namespace of the pod. */
  readonly namespace: string;
  /** Name of the pod. */
  readonly name: string;
  /** Its `metadata.uid`. */
  readonly uid: string;
}

/** Who attaches, where, and what happens to messages. */
export interface AgentClientOptions {
  /** Where the node listens. */
  readonly address: AgentAddress;
  /** Name of the module: `edged`, or another lower-case name. */
  readonly module: string;
  /** Whether inserts, updates and deletes are answered. @default false */
  readonly answers?: boolean;
  /**
   * Revision up to which the program has everything; 0 asks for everything.
   *
   * @default what the node noted for this module
   */
  readonly since?: number;
  /** Takes what the node sends; see `MessageHandler`. @default ignores it */
  readonly onMessage?: MessageHandler;
  /** Told what the handler threw; must not throw. @default ignores it */
  readonly onError?: (error: unknown, message: Message) => void;
  /** Told when the link comes and goes; must not throw. @default ignores it */
  readonly onLink?: (attached: boolean) => void;
  /** Waits between dials. @default 200 ms doubling to 10 s, full jitter */
  readonly backoff?: BackoffOptions;
  /** Time. @default the machine's */
  readonly clock?: Clock;
  /** Jitter. @default the machine's */
  readonly random?: Random;
  /** Message ids. @default random UUIDs */
  readonly newId?: Ids;
}

const BACKOFF: BackoffOptions = { baseMs: 200, capMs: 10_000 };

/**
 * A pod agent's end of the local link. It dials again by itself and goes on
 * where it was, until `close` is called, the node refuses it for good, or a
 * newer attachment of the same module takes over.
 *
 * @example
 * ```ts ignore
 * const agent = new AgentClient({
 *   address: { socket: "/run/metamanager/edged.sock" },
 *   module: "edged",
 *   answers: true,
 *   onMessage: async ({ route, content }) => {
 *     if (!route.resource.includes("/pod/")) return;
 *     if (route.operation === "delete") await stopPod(route.resource);
 *     else await startOrChangePod(content);
 *   },
 * });
 * await agent.connect();
 * const [pod] = await agent.query("default/pod/web-0");
 * await agent.reportPodStatus({ namespace: "default", name: "web-0", uid }, status);
 * await agent.closed;
 * ```
 */
export class AgentClient implements AsyncDisposable {
  /**
   * Resolves once nothing more will come: `undefined` after `close`, else
   * the reason. Never rejects.
   */
  readonly closed: Promise<AgentClosedError | undefined>;
  readonly #options: AgentClientOptions;
  readonly #clock: Clock;
  readonly #stamp: Stamp;
  readonly #requests: Requests;
  readonly #inbox: Inbox;
  readonly #link: Link;
  /** The first attachment, or why there is none. */
  readonly #attached = Promise.withResolvers<AgentClosedError | undefined>();
  readonly #closed = Promise.withResolvers<AgentClosedError | undefined>();
  #running: Promise<void> | undefined;
  #isCloudConnected = false;
  #isClosed = false;

  /** Dials nothing before `connect`. */
  constructor(options: AgentClientOptions) {
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
    this.#stamp = {
      newId: options.newId ?? systemIds,
      now: () => this.#clock.now(),
    };
    this.#requests = new Requests(this.#clock);
    this.closed = this.#closed.promise;
    this.#inbox = new Inbox({
      answers: options.answers ?? false,
      onMessage: options.onMessage ?? (() => undefined),
      onError: options.onError ?? (() => undefined),
      stamp: this.#stamp,
      send: (message) => this.#link.socket?.send(encode(message)) ?? false,
      ...(options.since === undefined ? {} : { since: options.since }),
    });
    this.#link = new Link({
      address: options.address,
      query: () => this.#query(),
      clock: this.#clock,
      random: options.random ?? systemRandom,
      backoff: options.backoff ?? BACKOFF,
      onAttached: (socket) => this.#attach(socket),
      onFrame: (frame) => this.#take(frame),
      onDetached: (error) => this.#detach(error),
      onRefused: (error) => this.#finish(error),
    });
  }

  /** Whether the link is there now. */
  get isAttached(): boolean {
    return this.#link.socket !== undefined;
  }

  /** Whether the node says that it is connected to the cloud. */
  get isCloudConnected(): boolean {
    return this.#isCloudConnected;
  }

  /** Revision up to which all is handled; keep it as the next start's `since`. */
  get revision(): number | undefined {
    return this.#inbox.handled;
  }

  /**
   * Dials until the node lets the agent in, and keeps it attached then.
   *
   * @throws {AgentRefusedError} If the node will never let it in.
   * @throws {AgentClosedError} If it was closed or replaced before.
   */
  async connect(): Promise<void> {
    this.#running ??= this.#link.run();
    const error = await this.#attached.promise;
    if (error) throw error;
  }

  /**
   * Sends a request and returns the content of its answer.
   *
   * @param operation As on the wire: `insert`, `update`, `delete`, `query`, `patch`.
   * @param resource `<namespace>/<type>[/<name>]`.
   * @throws {RequestFailedError} If the answer says so.
   * @throws {RequestTimeoutError} If none came in time.
   * @throws {AgentClosedError} If the link broke after it was sent: whether
   *   it was done is not known; asking again is safe.
   */
  request(
    operation: string,
    resource: string,
    options: RequestOptions & { content?: unknown } = {},
  ): Promise<unknown> {
    if (this.#isClosed) {
      return Promise.reject(new AgentClosedError("The agent is closed"));
    }
    const message = newMessage(this.#stamp, {
      source: this.#options.module,
      group: Group.meta,
      operation,
      resource,
      content: options.content,
    });
    return this.#requests.ask(message, options);
  }

  /** Sends an `update`; see `request`. */
  async update(
    resource: string,
    content: unknown,
    options: RequestOptions = {},
  ): Promise<void> {
    await this.request(Operation.update, resource, { ...options, content });
  }

  /** Asks for objects and returns those that are there; see `request`. */
  async query(
    resource: string,
    options: RequestOptions & { content?: unknown } = {},
  ): Promise<unknown[]> {
    const content = await this.request(Operation.query, resource, options);
    if (content === null) return [];
    if (!Array.isArray(content)) return [content];
    // Answers from the node's store hold each object as JSON text (wire
    // document, 5.5).
    return content.map((item) =>
      typeof item === "string" ? JSON.parse(item) : item
    );
  }

  /**
   * Reports the status of a pod. Once this resolves the node has stored it,
   * and it reaches the cloud even if that is away now.
   */
  reportPodStatus(
    pod: PodName,
    status: unknown,
    options: RequestOptions = {},
  ): Promise<void> {
    const { namespace, name, uid } = pod;
    return this.update(
      resourceOf(namespace, ResourceType.podstatus, name),
      { UID: uid, Name: name, Status: status },
      options,
    );
  }

  /** Leaves the node; unanswered requests fail. Idempotent. */
  async close(): Promise<void> {
    this.#finish(undefined);
    await this.#link.stop();
    await this.#running;
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #query(): AttachQuery {
    const { module, answers = false } = this.#options;
    const { since } = this.#inbox;
    return { module, answers, ...(since === undefined ? {} : { since }) };
  }

  #attach(socket: WebSocketConnection): void {
    this.#inbox.connected();
    this.#requests.connected((text) => socket.send(text));
    this.#attached.resolve(undefined);
    this.#options.onLink?.(true);
  }

  #detach(error: AgentClosedError): void {
    this.#isCloudConnected = false;
    this.#requests.disconnected(error);
    this.#options.onLink?.(false);
  }

  #take(frame: WebSocketMessage): Promise<void> | undefined {
    const decoded = decode(
      typeof frame === "string" ? frame : new TextDecoder().decode(frame),
    );
    // The node sends nothing that does not decode; a newer one might.
    if (!decoded.ok) return undefined;
    const { message } = decoded;
    if (this.#requests.answer(message)) return undefined;
    if (message.route.resource === NODE_CONNECTION_RESOURCE) {
      this.#isCloudConnected = message.content === CLOUD_CONNECTED;
    }
    return this.#inbox.push(message);
  }

  /** Ends everything, once. */
  #finish(error: AgentClosedError | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inbox.close();
    const reason = error ?? new AgentClosedError("The agent was closed");
    this.#requests.closed(reason);
    this.#attached.resolve(reason);
    this.#closed.resolve(error);
  }
}
