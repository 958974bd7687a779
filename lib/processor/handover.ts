import { type Clock, LIMITS } from "../base/mod.ts";
import {
  Group,
  type Message,
  Module,
  newMessage,
  newOk,
  newResponse,
  Operation,
  REPLAY_RESOURCE,
  type Stamp,
} from "../message/mod.ts";
import { deleteOf, isForAgents, policyFor } from "../operations/mod.ts";
import { type ModuleSpec, PendingTable } from "../router/mod.ts";
import type { Change, Store } from "../store/mod.ts";

/** Wait before a failed catch-up is tried again, in milliseconds. */
const RETRY_MS = 1000;

/** Changes replayed before the event loop has its turn. */
const CHANGES_PER_TURN = 64;

interface Agent {
  readonly module: ModuleSpec;
  /** It has caught up: changes are handed to it as they are committed. */
  live: boolean;
  /** It missed a deadline: nobody waits for it until it answers again. */
  suspended: boolean;
}

interface Waiting {
  readonly request: Message;
  readonly agent: Agent;
}

/** What {@link Handover} needs from outside. */
export interface HandoverOptions {
  /** Measures the agents' deadline. */
  readonly clock: Clock;
  /** Ids and time of messages made here. */
  readonly stamp: Stamp;
  /** Changes and positions. */
  readonly store: Store;
  /** Name of this node. */
  readonly nodeId: string;
  /** How long an agent may take to answer, in milliseconds. */
  readonly replyTimeoutMs: number;
  /** Sends to the cloud. */
  readonly toCloud: (message: Message) => void;
  /** Told of an agent that missed its deadline. */
  readonly onLate: (module: string, resource: string) => void;
  /** Told of a catch-up that ended with an error. */
  readonly onError: (error: unknown) => void;
}

/**
 * Hands committed changes to the attached agents and answers the cloud.
 *
 * Invariants: an agent sees changes in the order of their revisions; while it
 * catches up it gets them from the store only, so none is missed or comes
 * twice in the wrong order; its position never runs ahead of what its link
 * took; each message that wants an answer gets exactly one.
 */
export class Handover {
  readonly #options: HandoverOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #waiting: PendingTable<Waiting>;

  /** @param options Store, clock and ways out. */
  constructor(options: HandoverOptions) {
    this.#options = options;
    this.#waiting = new PendingTable(options.clock, LIMITS.pendingAnswersMax);
  }

  /** Names of the agents that have caught up. */
  get live(): string[] {
    return [...this.#agents.values()].filter((agent) => agent.live)
      .map((agent) => agent.module.name);
  }

  /** An agent attached: it gets what it missed, then what comes. */
  attached(module: ModuleSpec): void {
    const agent: Agent = { module, live: false, suspended: false };
    this.#agents.set(module.name, agent);
    this.#startCatchUp(agent);
  }

  /** An agent is gone: nobody waits for it any more. */
  detached(module: ModuleSpec): void {
    const agent = this.#agents.get(module.name);
    if (agent?.module !== module) return;
    this.#agents.delete(module.name);
    for (const [id, waiting] of this.#waiting.entries()) {
      if (waiting.agent === agent) this.#waiting.cancel(id);
    }
  }

  /** An agent's link took everything up to a revision. */
  handed(module: string, revision: number): void {
    this.#options.store.notePosition(module, revision);
  }

  /**
   * Hands a committed change to all agents that have caught up.
   *
   * @param request The cloud's message, to be answered with an agent's answer
   *   or with `OK`.
   */
  offer(message: Message, revision: number, request?: Message): void {
    const stamped = withRevision(message, revision);
    let waits = false;
    for (const agent of this.#agents.values()) {
      if (!agent.live) continue;
      // Noted before the hand-over: an agent in this process answers in it.
      const asked = !waits && request && canAnswer(agent)
        ? this.#wait(message.header.msg_id, { request, agent })
        : false;
      const took = agent.module.receive({
        message: stamped,
        from: Module.metamanager,
      });
      if (asked && !took) this.#waiting.take(message.header.msg_id);
      if (asked && took) waits = true;
    }
    if (request && !waits) {
      this.#options.toCloud(newOk(this.#options.stamp, request));
    }
  }

  /** An agent's answer; late ones only show that it is alive. */
  answered(module: string, answer: Message): void {
    const agent = this.#agents.get(module);
    const parentId = answer.header.parent_msg_id;
    if (!agent || !parentId) return;
    agent.suspended = false;
    if (this.#waiting.peek(parentId)?.agent !== agent) return;
    const waiting = this.#waiting.take(parentId);
    if (!waiting) return;
    const { toCloud, stamp } = this.#options;
    toCloud(newResponse(stamp, waiting.request, answer.content));
  }

  /** Answers the cloud for everything that still waits for an agent. */
  stop(): void {
    this.#waiting.cancelAll();
    this.#agents.clear();
  }

  /** A store that cannot be read now may be read later; nobody is forgotten. */
  #startCatchUp(agent: Agent): void {
    this.#catchUp(agent).catch((error) => {
      this.#options.onError(error);
      this.#options.clock.after(RETRY_MS, () => {
        if (this.#isAttached(agent)) this.#startCatchUp(agent);
      });
    });
  }

  #wait(id: string, waiting: Waiting): boolean {
    const { replyTimeoutMs, toCloud, stamp, onLate } = this.#options;
    return this.#waiting.add(id, waiting, {
      timeoutMs: replyTimeoutMs,
      onEnd: (end) => {
        if (end === "expired") {
          waiting.agent.suspended = true;
          onLate(waiting.agent.module.name, waiting.request.route.resource);
        }
        toCloud(newOk(stamp, waiting.request));
      },
    });
  }

  async #catchUp(agent: Agent): Promise<void> {
    const { store } = this.#options;
    const { module } = agent;
    const asked = module.agent?.since ?? store.position(module.name);
    // A revision of another store means nothing here.
    const since = asked > store.revision() ? 0 : asked;
    let from = since;
    let started = false;
    let full = since === 0;
    for (;;) {
      const found = store.changesSince(from);
      full ||= !found.complete;
      if (!started && found.changes.length > 0) {
        started = true;
        const state = { state: "started", full, since, until: found.until };
        if (!this.#send(agent, this.#marker(state))) return;
      }
      const paused = await this.#replay(agent, found.changes);
      if (paused === "ended") return;
      from = found.until;
      if (paused === "no" || from === store.revision()) break;
    }
    const state = { state: "finished", full, since, until: from };
    agent.live = this.#isAttached(agent) &&
      this.#send(agent, withRevision(this.#marker(state), from));
  }

  /**
   * Sends changes; tells whether it had to wait for the agent, in which case
   * more may have been committed meanwhile.
   */
  async #replay(
    agent: Agent,
    changes: readonly Change[],
  ): Promise<"no" | "yes" | "ended"> {
    let paused: "no" | "yes" = "no";
    for (const [i, change] of changes.entries()) {
      // A hundred thousand objects must not hold up what comes meanwhile.
      if (i > 0 && i % CHANGES_PER_TURN === 0) {
        paused = "yes";
        await this.#nextTurn();
        if (!this.#isAttached(agent)) return "ended";
      }
      for (
        let room = agent.module.room?.();
        room;
        room = agent.module.room?.()
      ) {
        paused = "yes";
        await room;
        if (!this.#isAttached(agent)) return "ended";
      }
      const message = this.#messageOf(change);
      if (message && !this.#send(agent, message)) return "ended";
    }
    return paused;
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.defer(resolve));
  }

  /** The message that tells of a change; `undefined` if it is not for agents. */
  #messageOf(change: Change): Message | undefined {
    const { stamp, store, nodeId } = this.#options;
    if (change.kind === "tombstone") {
      const { key, source, uid, type } = change.tombstone;
      const policy = policyFor(Operation.delete, "cloud", { source, type });
      if (policy.handOver === "no") return undefined;
      return withRevision(
        deleteOf(stamp, { resource: key, uid, source }),
        change.revision,
      );
    }
    const row = store.get(change.key);
    // Changed again meanwhile: the later change tells of it.
    if (row?.revision !== change.revision) return undefined;
    const policy = policyFor(Operation.update, "cloud", row);
    if (policy.handOver === "no") return undefined;
    const content = contentOf(row.value);
    if (!isForAgents(policy, content, { nodeId })) return undefined;
    const message = newMessage(stamp, {
      source: row.source,
      group: Group.resource,
      operation: Operation.update,
      resource: row.key,
      content,
      ...(row.version ? { resourceVersion: row.version } : {}),
    });
    return withRevision(message, row.revision);
  }

  #marker(content: unknown): Message {
    return newMessage(this.#options.stamp, {
      source: Module.metamanager,
      group: Group.edged,
      operation: Operation.publish,
      resource: REPLAY_RESOURCE,
      content,
    });
  }

  #send(agent: Agent, message: Message): boolean {
    return this.#isAttached(agent) &&
      agent.module.receive({ message, from: Module.metamanager });
  }

  #isAttached(agent: Agent): boolean {
    return this.#agents.get(agent.module.name) === agent;
  }
}

function canAnswer(agent: Agent): boolean {
  return agent.module.agent?.answers === true && !agent.suspended;
}

function withRevision(message: Message, revision: number): Message {
  return { ...message, header: { ...message.header, revision } };
}

function contentOf(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // Values that are no JSON were strings when they came.
    return value;
  }
}
