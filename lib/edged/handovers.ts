import { assert, BoundedQueue, LIMITS } from "../base/mod.ts";

/** A message in a send queue: which one it is, and what it brings up to. */
interface Handover {
  readonly ordinal: number;
  readonly revision: number;
}

/** More messages than fit into the bytes that may wait for one agent. */
const HANDOVERS_MAX = LIMITS.agentBytesMax / 32;

/**
 * Tells up to which store revision an agent was handed everything, from the
 * number of messages that its stream has taken so far.
 *
 * Invariant: messages are taken in the order in which they were queued.
 */
export class Handovers {
  readonly #waiting = new BoundedQueue<Handover>(HANDOVERS_MAX);
  #queuedCount = 0;
  #revision = 0;

  /** Notes that a message was queued. */
  queued(revision: number | undefined): void {
    this.#queuedCount++;
    if (revision === undefined) return;
    const ordinal = this.#queuedCount;
    assert(
      this.#waiting.push({ ordinal, revision }),
      "no more messages wait than fit into the bytes of one agent",
    );
  }

  /**
   * Notes that the first `takenCount` messages have been taken whole.
   *
   * @returns The revision now reached, if it has risen.
   */
  taken(takenCount: number): number | undefined {
    const before = this.#revision;
    let next = this.#waiting.peek();
    while (next && next.ordinal <= takenCount) {
      this.#waiting.shift();
      this.#revision = Math.max(this.#revision, next.revision);
      next = this.#waiting.peek();
    }
    return this.#revision > before ? this.#revision : undefined;
  }
}
