import {
  type Component,
  LIMITS,
  readTokenFile,
  TaskSet,
  TokenFileError,
} from "../base/mod.ts";
import { errorText } from "../telemetry/mod.ts";
import {
  type ByteStream,
  HandshakeError,
  readUpgrade,
  type UpgradeRequest,
  WebSocketConnection,
} from "../websocket/mod.ts";
import {
  AgentConnection,
  type AgentLimits,
  CloseCode,
} from "./agent_connection.ts";
import { type AttachRequest, readAttachRequest } from "./attach_request.ts";
import { type DoorOptions, Doors } from "./doors.ts";
import { type EdgedLoad, loadOf } from "./load.ts";
import type { EdgedParts } from "./ports.ts";
import { type EdgedStats, newEdgedStats } from "./stats.ts";

/** Bounds of the local link. */
export interface EdgedLimits extends AgentLimits {
  /** Agents at a time. @default LIMITS.agentsMax */
  readonly agentsMax: number;
  /** Largest message in bytes. @default LIMITS.messageBytesMax */
  readonly messageBytesMax: number;
  /** Milliseconds for the whole handshake. @default 10000 */
  readonly handshakeMs: number;
  /** Connections in their handshake; a further one is closed. @default 64 */
  readonly handshakesMax: number;
}

/** Where agents attach, and under which bounds. */
export interface EdgedOptions extends DoorOptions {
  /** Departures from the default bounds. */
  readonly limits?: Partial<EdgedLimits>;
}

const DEFAULT_LIMITS: EdgedLimits = {
  agentsMax: LIMITS.agentsMax,
  agentBytesMax: LIMITS.agentBytesMax,
  stuckMs: 10_000,
  messageBytesMax: LIMITS.messageBytesMax,
  handshakeMs: 10_000,
  handshakesMax: 64,
  closeMs: 5_000,
  idle: { pingMs: 15_000, deadMs: 30_000 },
};

/** An attach request that was let in. */
type Admitted = Extract<AttachRequest, { ok: true }>;

/**
 * The local link: lets pod agents attach and serves each until it leaves.
 *
 * Invariants: a module has at most one attachment, the newest; the older has
 * left the router before the newer is in it. Nothing that a peer does ends
 * the link or disturbs another agent.
 */
export class EdgedLink implements Component {
  /** Always `edged`. */
  readonly name = "edged";
  /** Counters since the start. */
  readonly stats: Readonly<EdgedStats>;
  readonly #stats = newEdgedStats();
  readonly #parts: EdgedParts;
  readonly #tokenFile: string | undefined;
  readonly #limits: EdgedLimits;
  readonly #doors: Doors;
  readonly #agents = new Map<string, AgentConnection>();
  /** Every connection that has not ended, those replaced included. */
  readonly #open = new Set<AgentConnection>();
  readonly #handshakes = new Set<ByteStream>();
  readonly #tasks: TaskSet;
  #state: "new" | "started" | "ended" = "new";
  /** Requests let in whose agent is not attached yet. */
  #admittedCount = 0;

  /**
   * Listens to nothing before `start`.
   *
   * @throws {RangeError} If `options.listen` is not a loopback address.
   */
  constructor(parts: EdgedParts, options: EdgedOptions) {
    this.#parts = parts;
    this.#tokenFile = options.listen?.tokenFile;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#doors = new Doors(parts, options);
    this.stats = this.#stats;
    this.#tasks = new TaskSet((_, error) =>
      parts.log.error("agent failed", { error: errorText(error) })
    );
  }

  /** Port of the loopback door; `undefined` without one. */
  get port(): number | undefined {
    return this.#doors.port;
  }

  /** Names of the agents that are attached now. */
  get agents(): string[] {
    return [...this.#agents.keys()];
  }

  /** What waits now, for all agents together. */
  get load(): EdgedLoad {
    return loadOf([...this.#open]);
  }

  /**
   * Starts to listen.
   *
   * @throws {UnixSocketError} If the socket is in use or cannot be made.
   * @throws {TokenFileError} If the token file cannot be used.
   */
  async start(): Promise<void> {
    if (this.#state !== "new") return;
    this.#state = "started";
    await this.#doors.open((stream, overTcp) => {
      if (this.#handshakes.size >= this.#limits.handshakesMax) {
        this.#refused(0);
        stream.close();
      } else {
        this.#tasks.spawn("agent", () => this.#serve(stream, overTcp));
      }
    });
  }

  /** Lets nobody in any more and closes every agent with 1001. */
  async drain(deadlineMs: number): Promise<void> {
    await this.#shut();
    const reason = "the node stops, attach again later";
    await Promise.all(
      [...this.#open].map((agent) =>
        agent.close(CloseCode.goingAway, reason, deadlineMs)
      ),
    );
  }

  /** Ends every connection at once. */
  async stop(): Promise<void> {
    await this.#shut();
    for (const agent of this.#open) agent.abort();
    await this.#tasks.settled();
  }

  /** As `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #shut(): Promise<void> {
    this.#state = "ended";
    await this.#doors.close();
    for (const stream of this.#handshakes) stream.close();
  }

  async #serve(stream: ByteStream, overTcp: boolean): Promise<void> {
    const admitted = await this.#handshake(stream, overTcp);
    if (!admitted) return;
    if (this.#state === "ended") return stream.close();
    const { request, leftover } = admitted;
    const socket = new WebSocketConnection(stream, {
      role: "server",
      clock: this.#parts.clock,
      maskKeys: (into) => void crypto.getRandomValues(into),
      messageBytesMax: this.#limits.messageBytesMax,
      leftover,
    });
    const agent = this.#attach(request, socket);
    try {
      await agent.run();
    } finally {
      this.#open.delete(agent);
      if (this.#agents.get(request.module) === agent) {
        this.#agents.delete(request.module);
      }
      this.#stats.attached = this.#agents.size;
    }
  }

  /** Runs one handshake under its deadline; closes what it does not let in. */
  async #handshake(
    stream: ByteStream,
    overTcp: boolean,
  ): Promise<{ request: Admitted; leftover: Uint8Array } | undefined> {
    this.#handshakes.add(stream);
    const deadline = this.#parts.clock.after(this.#limits.handshakeMs, () => {
      this.#handshakes.delete(stream);
      stream.close();
    });
    let admitted = false;
    try {
      const upgrade = await readUpgrade(stream);
      const request = await this.#judge(upgrade, overTcp);
      if (!request.ok) {
        this.#refused(request.status);
        await upgrade.refuse(request.status, request.text);
        return undefined;
      }
      this.#admittedCount++;
      try {
        await upgrade.accept();
      } finally {
        this.#admittedCount--;
      }
      // The deadline may have come while the answer was written.
      if (!this.#handshakes.has(stream)) return undefined;
      admitted = true;
      return { request, leftover: upgrade.leftover };
    } catch (error) {
      this.#refused(error instanceof HandshakeError ? 400 : 0);
      this.#parts.log.debug("handshake failed", { error: errorText(error) });
      return undefined;
    } finally {
      deadline.cancel();
      if (this.#handshakes.delete(stream) && !admitted) {
        stream.close();
      }
    }
  }

  async #judge(
    upgrade: UpgradeRequest,
    overTcp: boolean,
  ): Promise<AttachRequest> {
    const door: { token?: string } = {};
    if (overTcp && this.#tokenFile !== undefined) {
      try {
        door.token = await readTokenFile(this.#tokenFile);
      } catch (error) {
        if (!(error instanceof TokenFileError)) throw error;
        this.#parts.log.error("token file unusable", { error: error.message });
        return { ok: false, status: 500, text: "Token file cannot be used" };
      }
    }
    const request = readAttachRequest(upgrade, door);
    if (!request.ok) return request;
    const attached = this.#agents.has(request.module);
    if (!attached && this.#parts.router.has(request.module)) {
      const text = `Module is part of the node: ${request.module}`;
      return { ok: false, status: 409, text };
    }
    const count = this.#agents.size + this.#admittedCount;
    if (!attached && count >= this.#limits.agentsMax) {
      const text = `Too many agents: ${this.#limits.agentsMax} at most`;
      return { ok: false, status: 503, text };
    }
    return request;
  }

  #attach(request: Admitted, socket: WebSocketConnection): AgentConnection {
    const { module, answers, since } = request;
    const older = this.#agents.get(module);
    if (older) {
      this.#stats.replaced++;
      const reason = "replaced by a newer attachment, do not dial again";
      this.#tasks.spawn(
        "replace",
        () => older.close(CloseCode.replaced, reason),
      );
    }
    const agent = this.#connect(request, socket);
    this.#open.add(agent);
    this.#agents.set(module, agent);
    this.#stats.attachments++;
    this.#stats.attached = this.#agents.size;
    this.#parts.log.info("agent attached", { module, answers, since });
    return agent;
  }

  #connect(request: Admitted, socket: WebSocketConnection): AgentConnection {
    const { module, answers, since } = request;
    try {
      return new AgentConnection(this.#parts, {
        module,
        traits: { answers, ...(since === undefined ? {} : { since }) },
        socket,
        limits: this.#limits,
        stats: this.#stats,
      });
    } catch (error) {
      socket.abort(error);
      throw error;
    }
  }

  /** Counts a refusal; status 0: no answer was possible. */
  #refused(status: number): void {
    const { refusals } = this.#stats;
    refusals[status] = (refusals[status] ?? 0) + 1;
  }
}
