import { LIMITS } from "../base/mod.ts";
import type { Question } from "../operations/mod.ts";

/** Questions that may wait for the cloud at a time. */
const IN_FLIGHT_MAX = 8;
/** Unanswered questions in a row after which the rest is not asked. */
const UNANSWERED_MAX = IN_FLIGHT_MAX;

/**
 * What is asked for anew after one connect, and how far that is. Every
 * question is asked once, and once more if the cloud denied an object that
 * is stored.
 */
export class ReconcileRound {
  /** Whether also what the cloud vouched for since the connect is asked for. */
  readonly force: boolean;
  /** Whether what the cloud denied is being asked for again. */
  again = false;
  /** Store revision at which the last plan began; -1 before the first. */
  plannedAtRevision = -1;
  /** Plans made. */
  plans = 0;
  /** Whether slices of a plan are still to come. */
  isPlanning = false;
  /** Whether the list of pods is still to come. */
  isListing = false;
  readonly #seen = new Set<string>();
  #queue: Question[] = [];
  #denied: Question[] = [];
  /** Keys of the questions that wait for the cloud. */
  readonly #inFlight = new Set<string>();
  #done = 0;
  #unanswered = 0;
  #unansweredInARow = 0;

  /** A round without questions. @param force See {@link ReconcileRound.force}. */
  constructor(force: boolean) {
    this.force = force;
  }

  /** Questions that have ended. */
  get done(): number {
    return this.#done;
  }

  /** Questions that wait for the cloud. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Questions known so far. */
  get total(): number {
    return this.#done + this.#inFlight.size + this.#queue.length;
  }

  /** Questions without an answer. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Whether nothing waits to be asked or answered. */
  get idle(): boolean {
    return this.#inFlight.size === 0 && this.#queue.length === 0;
  }

  /** Whether objects that are stored were denied and not yet asked for again. */
  get hasDenied(): boolean {
    return this.#denied.length > 0;
  }

  /** Adds what was not asked for in this round. */
  add(questions: readonly Question[]): void {
    for (const question of questions) {
      if (this.#seen.has(question.key)) continue;
      if (this.#seen.size >= LIMITS.reconcileQuestionsMax) {
        this.#unanswered++;
        continue;
      }
      this.#seen.add(question.key);
      this.#queue.push(question);
    }
  }

  /**
   * Takes the next questions to ask.
   *
   * @param yields Others ask too: one of ours at a time is enough.
   * @param isConfirmed Whether the cloud vouched for a key since the connect.
   */
  take(yields: boolean, isConfirmed: (key: string) => boolean): Question[] {
    const room = (yields ? 1 : IN_FLIGHT_MAX) - this.#inFlight.size;
    const taken: Question[] = [];
    while (taken.length < room) {
      const question = this.#queue.shift();
      if (!question) break;
      if (!this.force && !this.again && isConfirmed(question.key)) this.#done++;
      else taken.push(question);
    }
    for (const { key } of taken) this.#inFlight.add(key);
    return taken;
  }

  /** A question was answered; one of an earlier round does not count. */
  answered(key: string): void {
    if (!this.#inFlight.delete(key)) return;
    this.#done++;
    this.#unansweredInARow = 0;
  }

  /** A question got no answer; after too many the rest is given up. */
  gaveUp(key: string): void {
    if (!this.#inFlight.delete(key)) return;
    this.#done++;
    this.#unanswered++;
    this.#unansweredInARow++;
    if (this.#unansweredInARow < UNANSWERED_MAX) return;
    this.#unanswered += this.#queue.length;
    this.#done += this.#queue.length;
    this.#queue = [];
  }

  /** The cloud denied an object that is stored. */
  deny(question: Question): void {
    this.#denied.push(question);
  }

  /** Asks again for what was denied. */
  askAgain(): void {
    this.again = true;
    this.#queue.push(...this.#denied);
    this.#denied = [];
  }
}
