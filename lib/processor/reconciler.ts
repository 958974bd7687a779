import { type Timer, unreachable } from "../base/mod.ts";
import type { Message } from "../message/mod.ts";
import {
  askAnew,
  askForPods,
  type Effect,
  isPodListRequest,
  PLAN_START,
  type PlanCursor,
  planSlice,
  refusalOf,
  type RemoteRequest,
} from "../operations/mod.ts";
import type { Item } from "./item.ts";
import type { ProcessorOptions } from "./options.ts";
import { ReconcileRound } from "./reconcile_round.ts";
import { ReconcileSchedule } from "./reconcile_schedule.ts";
import type { RemoteRequests, Unanswered } from "./requests.ts";
import type { Session } from "./session.ts";
import { SyncConclusion } from "./sync_conclusion.ts";
import {
  type Reconciliation,
  SyncState,
  type SyncStatus,
} from "./sync_state.ts";

/** What {@link Reconciler} works with, beside the processor's options. */
export interface ReconcilerParts {
  /** Knows what the cloud vouched for since the connect. */
  readonly session: Session;
  /** Requests of anybody that wait for the cloud. */
  readonly requests: RemoteRequests;
  /** Runs work in a transaction. */
  readonly task: (item: Item) => void;
}

type Planned = Extract<Effect, { kind: "planned" }>;
type PodsListed = Extract<Effect, { kind: "pods-listed" }>;

/** What came of a task of the reconciliation. */
export type ReconcileEffect =
  | Planned
  | PodsListed
  | Extract<Effect, { kind: "plan-failed" | "missing" | "pod-came" }>;

type Options = Pick<
  ProcessorOptions,
  "clock" | "random" | "store" | "reconcile" | "syncSettleMs" | "observer"
>;

/** Pause between slices of a plan, for the messages that wait, in milliseconds. */
const SLICE_PAUSE_MS = 2;
/** Plans of one round: pod to claim to volume is the longest chain. */
const PLANS_MAX = 3;

/**
 * Brings the store back in line with the cloud after each connect, and every
 * few hours: asks for what the node's pods name, for tokens near their
 * renewal, and for the list of its pods where the store may lack some.
 *
 * Invariants: one round at a time; at most eight questions wait for the
 * cloud, one while agents have questions of their own; none is repeated
 * within a round but once for what the cloud denied; a disconnect ends all.
 */
export class Reconciler implements Reconciliation {
  readonly #options: Options;
  readonly #parts: ReconcilerParts;
  readonly #state: SyncState;
  readonly #conclusion: SyncConclusion;
  #connected = false;
  #round: ReconcileRound | undefined;
  /** Whether a pod has come since the round began to plan. */
  #hasPodCome = false;
  readonly #schedule: ReconcileSchedule;
  /** The next slice of a plan. */
  #slice: Timer | undefined;
  /** The next questions, once the present answers are through. */
  #soon: Timer | undefined;

  /** Asks nothing before the first connect. */
  constructor(options: Options, parts: ReconcilerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#schedule = new ReconcileSchedule({
      clock: options.clock,
      random: options.random,
      reconcile: options.reconcile,
      begin: (force) => this.#begin(force),
    });
    this.#conclusion = new SyncConclusion(options, {
      task: parts.task,
      onFailed: () => parts.session.settle(),
    });
    this.#state = new SyncState(options.clock.now());
  }

  /** How far the node is. */
  get status(): SyncStatus {
    return this.#state.status(this.#round, this.#conclusion.lack);
  }

  /** The link came up or went down. */
  connection(connected: boolean): void {
    const { clock } = this.#options;
    this.#cancel();
    if (this.#connected && !connected) this.#state.lost(clock.now());
    this.#connected = connected;
    if (connected) this.#schedule.soon();
  }

  /** The store was rebuilt: what is running does not count. */
  restart(): void {
    this.#state.lost(this.#options.clock.now());
    this.connection(this.#connected);
  }

  /**
   * Begins a round now, over everything.
   *
   * @returns `false` if the cloud cannot be asked.
   */
  now(): boolean {
    if (!this.#connected) return false;
    this.#schedule.pause();
    this.#begin(true);
    return true;
  }

  /** The connection has lasted: what the cloud had has come. */
  settled(): void {
    this.#conclusion.settled();
  }

  /** A question of ours was answered; that it cannot be now, is no answer. */
  answered(request: RemoteRequest, answer: Message): void {
    // Of the list an effect of its own tells what came of it.
    if (!this.#round || isPodListRequest(request)) return;
    const { storeKey } = request;
    if (refusalOf(answer).transient) this.#round.gaveUp(storeKey);
    else this.#round.answered(storeKey);
    this.#askSoon();
  }

  /** A question of ours got no answer. */
  unanswered(request: RemoteRequest, why: Unanswered): void {
    if (!this.#round) return;
    if (isPodListRequest(request)) {
      // CloudCore answers lists with DynamicController only: no failure.
      const reason = why === "expired" ? "no answer" : "the link is busy";
      return this.#listed("refused", reason);
    }
    this.#round.gaveUp(request.storeKey);
    this.#askSoon();
  }

  /** Takes what came of its tasks. */
  take(effect: ReconcileEffect): void {
    switch (effect.kind) {
      case "planned":
        return this.#planned(effect);
      case "plan-failed":
        // A later round does it all again.
        if (this.#round) this.#end(this.#round, false);
        return;
      case "missing":
        return this.#round?.deny(effect.question);
      case "pod-came":
        // A round that runs may have looked at it already, or not.
        if (this.#round) this.#hasPodCome = true;
        else if (this.#connected) this.#schedule.calledFor();
        return;
      case "pods-listed":
        return this.#listed(effect.outcome, effect.reason);
      default:
        unreachable(effect);
    }
  }

  /** Ends the round and every timer. */
  stop(): void {
    this.#connected = false;
    this.#cancel();
  }

  #cancel(): void {
    this.#schedule.reset();
    this.#slice?.cancel();
    this.#soon?.cancel();
    this.#soon = undefined;
    this.#conclusion.reset();
    this.#round = undefined;
  }

  /** @param force On the timer or on demand; not after a connect. */
  #begin(force: boolean): void {
    this.#slice?.cancel();
    const round = new ReconcileRound(force);
    this.#round = round;
    round.isListing = true;
    this.#task(round, (tx, context) => askForPods(tx, context, { force }));
    this.#plan(PLAN_START);
  }

  #listed(outcome: PodsListed["outcome"], reason: string): void {
    if (outcome !== "not-asked") this.#state.listRefused(reason);
    this.#conclusion.look();
    if (!this.#round) return;
    this.#round.isListing = false;
    this.#askSoon();
  }

  #planned({ questions, next, revision }: Planned): void {
    if (!this.#round) return;
    if (this.#round.plannedAtRevision < 0) {
      this.#round.plannedAtRevision = revision;
    }
    this.#round.add(questions);
    if (next) {
      if (next.after === "") return this.#plan(next);
      const { clock } = this.#options;
      this.#slice = clock.after(SLICE_PAUSE_MS, () => this.#plan(next));
      return;
    }
    this.#round.isPlanning = false;
    this.#ask();
  }

  #plan(cursor: PlanCursor): void {
    const round = this.#round;
    if (!round) return;
    if (cursor === PLAN_START) {
      this.#hasPodCome = false;
      round.plans++;
      round.isPlanning = true;
      round.plannedAtRevision = -1;
    }
    this.#task(round, (tx, context) => planSlice(tx, context, cursor));
  }

  /** After all that the same answers bring. */
  #askSoon(): void {
    this.#soon ??= this.#options.clock.defer(() => {
      this.#soon = undefined;
      this.#ask();
    });
  }

  #ask(): void {
    const round = this.#round;
    if (!round) return;
    const { requests, session } = this.#parts;
    const questions = round.take(
      requests.size > round.inFlight,
      (key) => session.isConfirmed(key),
    );
    if (questions.length > 0) {
      return this.#task(
        round,
        (tx, context) =>
          askAnew(tx, context, { questions, again: round.again }),
      );
    }
    const { isPlanning, isListing, idle } = round;
    if (idle && !isPlanning && !isListing) this.#next(round);
  }

  /** Everything known was asked for; what came may name more. */
  #next(round: ReconcileRound): void {
    const { store, syncSettleMs } = this.#options;
    if (round.unanswered > 0) return this.#end(round, false);
    const changed = store.revision() !== round.plannedAtRevision;
    if (changed && round.plans < PLANS_MAX) return this.#plan(PLAN_START);
    if (!round.hasDenied || round.again) return this.#end(round, true);
    // A CloudCore that has just started may not know yet what it has.
    this.#schedule.later(syncSettleMs, () => {
      round.askAgain();
      this.#ask();
    });
  }

  #end(round: ReconcileRound, complete: boolean): void {
    const { clock, observer } = this.#options;
    this.#round = undefined;
    this.#state.ended(round, { nowMs: clock.now(), complete });
    observer?.reconciled?.(this.status);
    this.#schedule.ended({ complete, force: round.force });
    if (this.#hasPodCome) this.#schedule.calledFor();
  }

  #task(round: ReconcileRound, run: Extract<Item, { kind: "task" }>["run"]) {
    this.#parts.task({
      kind: "task",
      // A later round, or the end of the link, makes it pointless.
      run: (tx, context) => round === this.#round ? run(tx, context) : [],
      failed: () => round === this.#round ? [{ kind: "plan-failed" }] : [],
    });
  }
}
