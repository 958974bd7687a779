import type { Clock, Timer } from "../base/mod.ts";
import type { Message } from "../message/mod.ts";
import { knowsAllPods } from "../operations/mod.ts";
import type { ModuleSpec } from "../router/mod.ts";
import type { Change } from "../store/mod.ts";
import {
  changeMessage,
  replayMarker,
  type ReplaySources,
  withRevision,
} from "./replay_messages.ts";

/** Wait before a failed catch-up is tried again, in milliseconds. */
const RETRY_MS = 1000;

/** Changes replayed before the event loop has its turn. */
const CHANGES_PER_TURN = 64;

/** An attached agent. */
export interface Agent {
  /** Where it is handed what comes. */
  readonly module: ModuleSpec;
  /** It has caught up: changes are handed to it as they are committed. */
  live: boolean;
  /** It missed a deadline: nobody waits for it until it answers again. */
  suspended: boolean;
  /** Where a catch-up begins: all up to this revision is known to be there. */
  since: number;
  /**
   * Up to here its queue has taken all; what waits there comes or ends its
   * attachment, so a catch-up on the same attachment begins behind it.
   */
  queued: number;
  /**
   * What it is handed does not count: everything is being sent anew, and half
   * of that lacks the deletes that only its end lets an agent infer.
   */
  holding: "no" | "until-end" | { readonly endRevision: number };
  /** Counts catch-ups; one that is not the latest ends at its next step. */
  catchUps: number;
  /** Starts a catch-up that failed again. */
  retry: Timer | undefined;
}

/** What came of handing one message to an agent. */
export type Handed = "taken" | "refused" | "failed";

/** What {@link CatchUps} needs from outside. */
export interface CatchUpOptions extends ReplaySources {
  /** Time between two attempts. */
  readonly clock: Clock;
  /** Hands one message to an agent. */
  readonly hand: (agent: Agent, message: Message) => Handed;
  /** Whether the agent has not left. */
  readonly isAttached: (agent: Agent) => boolean;
  /** Told of a catch-up that ended with an error. */
  readonly onError: (error: unknown) => void;
}

/**
 * Brings agents up to date from the store.
 *
 * Invariants: an agent has one catch-up at a time; it is live only after one
 * has come to its end; one that fails is tried again while the agent stays.
 */
export class CatchUps {
  readonly #options: CatchUpOptions;

  /** @param options Store, clock and way out. */
  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** A store that cannot be read now may be read later; nobody is forgotten. */
  start(agent: Agent): void {
    agent.live = false;
    agent.retry?.cancel();
    const turn = ++agent.catchUps;
    this.#catchUp(agent, turn).catch((error) => {
      this.#options.onError(error);
      return "refused" as const;
    }).then((end) => {
      if (end === "refused" && isLatest(agent, turn)) this.later(agent);
    });
  }

  /** Catches up later: at once would find the same full queue or bad disk. */
  later(agent: Agent): void {
    if (!this.#options.isAttached(agent)) return;
    agent.retry?.cancel();
    agent.retry = this.#options.clock.after(
      RETRY_MS,
      () => this.start(agent),
    );
  }

  /** @returns `refused` if it is still there and must be tried again. */
  async #catchUp(agent: Agent, turn: number): Promise<"ended" | "refused"> {
    const { store, stamp } = this.#options;
    // A revision of another store means nothing here.
    const since = agent.since > store.revision()
      ? 0
      : Math.max(agent.since, agent.queued);
    let from = since;
    let started = false;
    let full = since === 0;
    for (;;) {
      const found = store.changesSince(from);
      full ||= !found.complete;
      if (full) agent.holding = "until-end";
      // Everything anew has a beginning of its own, also behind a part: what
      // came before it lacks deletes, and nothing may be all that there is.
      if (!found.complete || (!started && found.changes.length > 0)) {
        started = true;
        const state = {
          state: "started",
          full: full && knowsAllPods(store),
          since,
          until: found.until,
        };
        const marker = replayMarker(stamp, state);
        if (this.#options.hand(agent, marker) === "refused") return "refused";
      }
      const { changes } = found;
      const paused = await this.#replay(agent, changes, { turn, full });
      if (paused === "ended" || paused === "refused") return paused;
      from = found.until;
      if (paused === "no" || from === store.revision()) break;
    }
    // Less than everything lets nobody infer deletes from what did not come.
    const whole = full && knowsAllPods(store);
    const state = { state: "finished", full: whole, since, until: from };
    if (!this.#goesOn(agent, turn)) return "ended";
    // Noted before: an agent in this process takes it at once.
    if (full) agent.holding = { endRevision: from };
    const marker = withRevision(replayMarker(stamp, state), from);
    const handed = this.#options.hand(agent, marker);
    if (handed === "refused") return "refused";
    agent.live = this.#goesOn(agent, turn);
    return "ended";
  }

  /**
   * Sends changes; tells whether it had to wait for the agent, in which case
   * more may have been committed meanwhile.
   *
   * Those of a replay of everything bear no revision. Only its end does: the
   * last change has the same one, and an agent that went by it would take a
   * replay without its end, and so without the deletes, for whole.
   */
  async #replay(
    agent: Agent,
    changes: Iterable<Change>,
    { turn, full }: { readonly turn: number; readonly full: boolean },
  ): Promise<"no" | "yes" | "ended" | "refused"> {
    let paused: "no" | "yes" = "no";
    let seen = 0;
    for (const change of changes) {
      // A hundred thousand objects must not hold up what comes meanwhile.
      if (seen++ > 0 && seen % CHANGES_PER_TURN === 1) {
        paused = "yes";
        await this.#nextTurn();
        if (!this.#goesOn(agent, turn)) return "ended";
      }
      const room = this.#room(agent);
      if (room) {
        paused = "yes";
        await room;
        if (!this.#goesOn(agent, turn)) return "ended";
      }
      const told = changeMessage(change, this.#options);
      if (!told) continue;
      const message = full ? told : withRevision(told, change.revision);
      if (this.#options.hand(agent, message) === "refused") return "refused";
    }
    // What follows, too, needs room behind the last change: the link closes an
    // agent that is handed more, and it would come back to the same replay.
    const room = this.#room(agent);
    if (!room) return paused;
    await room;
    return this.#goesOn(agent, turn) ? "yes" : "ended";
  }

  /** Settles once the agent's link has room; `undefined` if it has now. */
  #room(agent: Agent): Promise<void> | undefined {
    const room = agent.module.room?.();
    return room?.then(() =>
      this.#options.isAttached(agent) ? this.#room(agent) : undefined
    );
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) =>
      void this.#options.clock.defer(resolve, true)
    );
  }

  #goesOn(agent: Agent, turn: number): boolean {
    return this.#options.isAttached(agent) && isLatest(agent, turn);
  }
}

function isLatest(agent: Agent, turn: number): boolean {
  return agent.catchUps === turn;
}
