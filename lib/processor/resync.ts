import { sleep } from "../base/mod.ts";
import { type Message, ResourceType } from "../message/mod.ts";
import type { RemoteRequest } from "../operations/mod.ts";
import type { Item } from "./item.ts";
import type { ProcessorOptions } from "./options.ts";
import type { Unanswered } from "./requests.ts";
import { ResyncAsker } from "./resync_asker.ts";
import {
  ResyncError,
  type Resyncing,
  type ResyncOrder,
  type ResyncReport,
  type ResyncState,
  ResyncTally,
} from "./resync_report.ts";
import type { Session } from "./session.ts";
import { ASKABLE, compare, comparePods, plan, takeIn } from "./resync_steps.ts";

/** What {@link Resync} works with, beside the processor's options. */
export interface ResyncParts {
  /** Knows whether the cloud can be asked. */
  readonly session: Pick<Session, "connected">;
  /** Runs work in a transaction. */
  readonly task: (item: Item) => void;
}

type Options = Pick<
  ProcessorOptions,
  "clock" | "store" | "standalone" | "nodeId" | "syncSettleMs"
>;

/**
 * Compares the store with the cloud on an operator's order, and brings it in
 * line if that is wanted.
 *
 * An answer of EdgeController has to be acked, and an ack is a promise that it
 * is stored. So what is only to be compared is asked for as MetaServer does,
 * whose answers want no ack; what is to be applied is asked for like any
 * question of the node, and the operations decide.
 *
 * Invariants: one order at a time; nothing is stored unless it is to be
 * applied; an order ends with `stop` at the latest.
 */
export class Resync implements Resyncing {
  readonly #options: Options;
  readonly #session: ResyncParts["session"];
  readonly #asker: ResyncAsker;
  readonly #over = new AbortController();
  #state: ResyncState = { state: "none" };
  /** Questions that had ended before this order. */
  #endedBefore = 0;
  #total = 0;

  /** Does nothing before the first order. */
  constructor(options: Options, { session, task }: ResyncParts) {
    this.#options = options;
    this.#session = session;
    this.#asker = new ResyncAsker(task);
  }

  /** How far the last order is. */
  get state(): ResyncState {
    if (this.#state.state !== "running") return this.#state;
    const done = this.#asker.ended - this.#endedBefore;
    return { state: "running", done, total: this.#total };
  }

  /**
   * Begins to carry an order out.
   *
   * @throws {ResyncError} If it cannot be, or another one is not done yet.
   */
  start(order: ResyncOrder): void {
    this.#check(order);
    this.#endedBefore = this.#asker.ended;
    this.#total = 0;
    this.#state = { state: "running", done: 0, total: 0 };
    void this.#run(order);
  }

  /** A question was answered, and what came of it is stored. */
  answered(request: RemoteRequest, answer: Message): void {
    this.#asker.answered(request, answer);
  }

  /** A question got no answer. */
  unanswered(request: RemoteRequest, why: Unanswered): void {
    this.#asker.unanswered(request, why);
  }

  /** Ends the order that is being carried out, and takes none any more. */
  stop(): void {
    this.#over.abort();
    this.#asker.stop();
  }

  #check({ type }: ResyncOrder): void {
    if (type !== undefined && !ASKABLE.includes(type)) {
      throw new ResyncError(`Cannot ask the cloud for ${type}`, {
        hint: `It can be asked for ${ASKABLE.join(", ")}`,
        isWrong: true,
      });
    }
    if (this.#options.standalone) {
      throw new ResyncError("Cannot ask the cloud: this is a standalone node", {
        hint: "Set edgehub.websocket.url and restart the node",
      });
    }
    if (!this.#session.connected) {
      throw new ResyncError("Cannot ask the cloud: it is away", {
        hint: "The node asks by itself after the next connect; why there is " +
          "none is said by metamanager status and metamanager doctor",
      });
    }
    if (this.#state.state === "running") {
      throw new ResyncError("Cannot ask the cloud: a resync is running", {
        hint: "Wait until it is done",
      });
    }
  }

  async #run(order: ResyncOrder): Promise<void> {
    try {
      this.#state = { state: "done", report: await this.#carryOut(order) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#state = { state: "failed", reason };
    }
  }

  async #carryOut({ type, apply }: ResyncOrder): Promise<ResyncReport> {
    const tally = new ResyncTally();
    const steps = { ...this.#options, asker: this.#asker, tally };
    const isPods = type === undefined || type === ResourceType.pod;
    const questions = await plan(this.#asker, type);
    this.#total = questions.length + (isPods || !apply ? 1 : 0);
    if (!apply) {
      // Whether it answers at all is found out by one question.
      const own = isPods ? tally : new ResyncTally();
      const isAnswering = await comparePods({ ...steps, tally: own }, false);
      await compare(steps, questions, isAnswering);
      return tally.report(false);
    }
    if (isPods) await comparePods(steps, true);
    const denied = await takeIn(steps, questions, false);
    if (denied.length === 0) return tally.report(true);
    this.#total += denied.length;
    // A CloudCore that has just started may not know yet what it has.
    const { clock, syncSettleMs } = this.#options;
    await sleep(clock, syncSettleMs, this.#over.signal);
    await takeIn(steps, denied, true);
    return tally.report(true);
  }
}
