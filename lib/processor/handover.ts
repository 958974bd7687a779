import { type Clock, LIMITS } from "../base/mod.ts";
import {
  type Message,
  Module,
  newOk,
  newResponse,
  type Stamp,
} from "../message/mod.ts";
import { type ModuleSpec, PendingTable } from "../router/mod.ts";
import type { Store } from "../store/mod.ts";
import { type Agent, CatchUps, type Handed } from "./catch_up.ts";
import { withRevision } from "./replay_messages.ts";

/** What {@link Handover.offer} may be told beside the change. */
export interface OfferOptions {
  /** The cloud's message, to be answered with an agent's answer or `OK`. */
  readonly request?: Message | undefined;
  /** Module that is not told: the change is its own. */
  readonly except?: string | undefined;
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
  /** Told of each message that an agent took. */
  readonly onHanded?: (module: string, message: Message) => void;
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
  readonly #catchUps: CatchUps;

  /** @param options Store, clock and ways out. */
  constructor(options: HandoverOptions) {
    this.#options = options;
    this.#waiting = new PendingTable(options.clock, LIMITS.pendingAnswersMax);
    const { clock, stamp, store, nodeId, onError } = options;
    this.#catchUps = new CatchUps({
      clock,
      stamp,
      store,
      nodeId,
      onError,
      hand: (agent, message) => this.#hand(agent, message),
      isAttached: (agent) => this.#isAttached(agent),
    });
  }

  /** Names of the agents that have caught up. */
  get live(): string[] {
    return [...this.#agents.values()].filter((agent) => agent.live)
      .map((agent) => agent.module.name);
  }

  /** An agent attached: it gets what it missed, then what comes. */
  attached(module: ModuleSpec): void {
    const agent: Agent = {
      module,
      live: false,
      suspended: false,
      since: module.agent?.since ?? this.#options.store.position(module.name),
      queued: 0,
      holding: "no",
      catchUps: 0,
      retry: undefined,
    };
    this.#agents.set(module.name, agent);
    this.#catchUps.start(agent);
  }

  /** An agent is gone: nobody waits for it any more. */
  detached(module: ModuleSpec): void {
    const agent = this.#agents.get(module.name);
    if (agent?.module !== module) return;
    this.#agents.delete(module.name);
    agent.retry?.cancel();
    for (const [id, waiting] of this.#waiting.entries()) {
      if (waiting.agent === agent) this.#waiting.cancel(id);
    }
  }

  /** Something was stored of which nobody was told: it comes from the store. */
  catchUp(): void {
    for (const agent of [...this.#agents.values()]) this.#catchUps.start(agent);
  }

  /** The store was rebuilt: every agent gets everything anew. */
  restart(): void {
    for (const agent of [...this.#agents.values()]) {
      agent.since = 0;
      agent.queued = 0;
      this.#catchUps.start(agent);
    }
  }

  /** An agent's link took everything up to a revision. */
  handed(module: string, revision: number): void {
    const { store } = this.#options;
    const agent = this.#agents.get(module);
    // A revision of another store would count once this one has come to it.
    if (!agent || revision > store.revision()) return;
    if (agent.holding !== "no") {
      if (agent.holding === "until-end") return;
      if (revision < agent.holding.endRevision) return;
      agent.holding = "no";
    }
    agent.since = revision;
    store.notePosition(module, revision);
  }

  /** Hands a committed change to all agents that have caught up. */
  offer(message: Message, revision: number, options: OfferOptions = {}): void {
    const { request, except } = options;
    let stamped: Message | undefined;
    const id = message.header.msg_id;
    // Whether the answer for the cloud has left or somebody will give it.
    let answered = request === undefined;
    for (const agent of [...this.#agents.values()]) {
      if (!agent.live || agent.module.name === except) continue;
      // Noted before the hand-over: an agent in this process answers in it.
      const asked = !answered && request && canAnswer(agent)
        ? this.#wait(id, { request: withoutContent(request), agent })
        : false;
      stamped ??= withRevision(message, revision);
      const handed = this.#hand(agent, stamped);
      // An agent that left meanwhile was answered for when it left.
      if (asked) {
        answered = handed === "taken" || this.#waiting.take(id) === undefined;
      }
      // What it did not take comes from the store, so nothing is skipped.
      if (handed === "refused" && this.#isAttached(agent)) {
        agent.live = false;
        this.#catchUps.later(agent);
      }
    }
    if (request && !answered) {
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
    for (const agent of this.#agents.values()) agent.retry?.cancel();
    this.#agents.clear();
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

  /**
   * Hands one message to an agent. One that cannot be handed at all is told
   * and passed over: tried again it would hold up all behind it for ever.
   */
  #hand(agent: Agent, message: Message): Handed {
    if (!this.#isAttached(agent)) return "refused";
    const envelope = { message, from: Module.metamanager };
    try {
      if (!agent.module.receive(envelope)) return "refused";
      agent.queued = message.header.revision ?? agent.queued;
      this.#options.onHanded?.(agent.module.name, message);
      return "taken";
    } catch (error) {
      this.#options.onError(error);
      return "failed";
    }
  }

  #isAttached(agent: Agent): boolean {
    return this.#agents.get(agent.module.name) === agent;
  }
}

/** What an answer needs of its request; the object would be held until then. */
function withoutContent({ header, route }: Message): Message {
  return { header, route, content: null };
}

function canAnswer(agent: Agent): boolean {
  return agent.module.agent?.answers === true && !agent.suspended;
}
