import { encode, type Message, REPLAY_RESOURCE } from "../message/mod.ts";
import type { AgentTraits, Envelope, ModuleSpec } from "../router/mod.ts";
import type { WebSocketConnection } from "../websocket/mod.ts";
import { AgentReader } from "./agent_reader.ts";
import { Handovers } from "./handovers.ts";
import { type IdleLimits, IdleWatch } from "./idle_watch.ts";
import type { EdgedParts } from "./ports.ts";
import type { EdgedStats } from "./stats.ts";

/** Group of every pod agent. */
export const AGENT_GROUP = "edged";

/** Close codes that the link uses. */
export const CloseCode = {
  /** The node stops, or the agent was silent: dial again. */
  goingAway: 1001,
  /** The agent read too slowly: dial again, it resumes where it was. */
  tryAgainLater: 1013,
  /** A newer attachment of the same module took over: do not dial again. */
  replaced: 4409,
} as const;

/** Bounds of one attached agent. */
export interface AgentLimits {
  /**
   * Bytes that may wait for it; beyond, at most one change more does, and
   * answers as much again.
   */
  readonly agentBytesMax: number;
  /** Milliseconds beyond that bound without a byte taken that end it. */
  readonly stuckMs: number;
  /** Milliseconds in which a closing agent may take what waits for it. */
  readonly closeMs: number;
  /** When its silence is asked about, and when it ends the connection. */
  readonly idle: IdleLimits;
}

/** Who attached, and how. */
export interface AgentConnectionOptions {
  /** Name of the module. */
  readonly module: string;
  /** What it said when it attached. */
  readonly traits: AgentTraits;
  /** The connection, past its handshake. */
  readonly socket: WebSocketConnection;
  /** Bounds. */
  readonly limits: AgentLimits;
  /** Counters of the link. */
  readonly stats: EdgedStats;
}

/**
 * One attached agent: a module of the router at one end, a WebSocket at the
 * other.
 *
 * Invariants: what the router hands over leaves in that order, or is refused
 * and comes again from the store, or the connection ends and the agent resumes
 * by position; nothing is skipped.
 * After `close` nothing that the agent sent is passed on.
 */
export class AgentConnection {
  /** Name of the module. */
  readonly module: string;
  readonly #parts: EdgedParts;
  readonly #socket: WebSocketConnection;
  readonly #stats: EdgedStats;
  readonly #limits: AgentLimits;
  readonly #reader: AgentReader;
  readonly #handovers = new Handovers();
  #state: "attached" | "closing" | "replaced" = "attached";
  #idle: IdleWatch | undefined;
  #unregister: (() => void) | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Sends the current NodeConnection, then registers the module.
   *
   * @throws {TypeError} If the name is taken.
   */
  constructor(parts: EdgedParts, options: AgentConnectionOptions) {
    const { module, socket, stats, limits, traits } = options;
    this.#parts = parts;
    this.#socket = socket;
    this.#stats = stats;
    this.#limits = limits;
    this.module = module;
    this.#reader = new AgentReader(parts, {
      module,
      socket,
      stats,
      reply: (message) => void this.#receive({ message, from: AGENT_GROUP }),
    });
    socket.onWritten = () => this.#written();
    const connection = parts.connection();
    if (connection) this.#queue(connection);
    this.#unregister = parts.router.register(this.#spec(traits));
    // What waited for the module may have been too much already.
    if (this.#state !== "attached") {
      this.#leave();
      return;
    }
    this.#idle = new IdleWatch(parts.clock, limits.idle, {
      quietSinceMs: () => this.#reader.quietSinceMs,
      ping: () => void socket.ping(),
      dead: () => this.#silent(),
    });
  }

  /** Whether the agent is not read, since the processor has no room. */
  get isPaused(): boolean {
    return this.#reader.isPaused;
  }

  /** Bytes that wait for the agent. */
  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  /** Serves the agent until its connection has ended. */
  async run(): Promise<void> {
    try {
      await this.#reader.run();
      await this.#closed;
    } catch (error) {
      this.#socket.abort(error);
      throw error;
    } finally {
      this.#leave();
      const end = await this.#socket.ended;
      this.#parts.log.info("agent detached", {
        module: this.module,
        code: end.code,
        by: end.by,
        reason: end.reason,
      });
    }
  }

  /**
   * Takes the module out of the router at once and closes the connection
   * behind what waits for the agent, so that a slow one gets on with each try.
   *
   * @param deadlineMs Milliseconds after which the connection just ends.
   */
  close(
    code: number,
    reason: string,
    deadlineMs: number = this.#limits.closeMs,
  ): Promise<void> {
    this.#leave();
    if (code === CloseCode.replaced) this.#state = "replaced";
    this.#closed ??= this.#socket.close({ code, reason, deadlineMs });
    return this.#closed;
  }

  /** Ends the connection at once. */
  abort(): void {
    this.#leave();
    this.#socket.abort();
  }

  #spec(traits: AgentTraits): ModuleSpec {
    return {
      name: this.module,
      group: AGENT_GROUP,
      receive: (envelope) => this.#receive(envelope),
      room: () => this.#roomPromise(),
      agent: traits,
    };
  }

  #receive({ message }: Envelope): boolean {
    if (this.#state !== "attached") return false;
    const { agentBytesMax, stuckMs } = this.#limits;
    // Judged before the message is added: one large message behind a small
    // one must get through, or its agent would be cut off for ever.
    const waitingBytes = this.#socket.bufferedBytes;
    if (waitingBytes <= agentBytesMax) return this.#queue(message);
    // A burst of one batch leaves no turn to write in: an agent that goes on
    // reading is not slow, and gets what it was refused from the store.
    const comesAgain = isOfStore(message);
    if (!comesAgain && waitingBytes <= 2 * agentBytesMax) {
      return this.#queue(message);
    }
    const { clock } = this.#parts;
    const stillMs = clock.monotonic() - this.#socket.lastWrittenMs;
    if (!comesAgain || stillMs >= stuckMs) this.#cutOff();
    return false;
  }

  /** Queues a message; `false` if the connection takes no more. */
  #queue(message: Message): boolean {
    this.#handovers.queued(message.header.revision);
    if (!this.#socket.send(encode(message))) return false;
    this.#stats.queued++;
    return true;
  }

  #cutOff(): void {
    this.#stats.cutOff++;
    this.#parts.log.warn("agent too slow", {
      module: this.module,
      bytes: this.#socket.bufferedBytes,
      bytesMax: this.#limits.agentBytesMax,
    });
    this.#end(CloseCode.tryAgainLater, "read too slowly, attach again");
  }

  #roomPromise(): Promise<void> | undefined {
    if (this.#state !== "attached" || !this.#isBusy()) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  #isBusy(): boolean {
    return this.#socket.bufferedBytes > this.#limits.agentBytesMax / 2;
  }

  #written(): void {
    if (!this.#isBusy()) this.#releaseRoom();
    // The newer attachment counts from now on; it may be another process.
    if (this.#state === "replaced") return;
    const revision = this.#handovers.taken(this.#socket.writtenCount);
    if (revision !== undefined) {
      this.#parts.router.handed(this.module, revision);
    }
  }

  #silent(): void {
    this.#stats.silent++;
    this.#end(CloseCode.goingAway, "nothing came from the agent");
  }

  /** Closes from within a callback, where nobody can wait for it. */
  #end(code: number, reason: string): void {
    this.close(code, reason).catch((error) => this.#socket.abort(error));
  }

  #leave(): void {
    if (this.#state === "attached") this.#state = "closing";
    this.#reader.stop();
    this.#idle?.stop();
    this.#unregister?.();
    this.#releaseRoom();
  }

  #releaseRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}

/** Whether a message that is refused is handed over again from the store. */
function isOfStore({ header, route }: Message): boolean {
  return header.revision !== undefined || route.resource === REPLAY_RESOURCE;
}
