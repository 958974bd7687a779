import type { Clock, Random, Timer } from "../base/mod.ts";
import type { Message } from "../message/mod.ts";
import {
  pendingPodsRequest,
  readPodList,
  type RemoteRequest,
} from "../operations/mod.ts";
import type { Item } from "./item.ts";

/** What {@link PendingPods} needs from outside. */
export interface PendingPodsOptions {
  /** Measures the intervals. */
  readonly clock: Clock;
  /** Spreads the questions of many nodes. */
  readonly random: Random;
  /** Time between two questions, in milliseconds; 0 for none. */
  readonly intervalMs: number;
  /** Runs work in a transaction. */
  readonly task: (item: Item) => void;
}

/**
 * Asks the cloud for the pods that have not begun, once a connection has
 * lasted and once an interval from there: CloudCore may count a pod as sent
 * that it never sends (see `pendingPodsRequest`). A cloud that does not list
 * pods is not asked again on its connection.
 *
 * Invariant: at most one question waits.
 */
export class PendingPods {
  readonly #options: PendingPodsOptions;
  #timer: Timer | undefined;

  /** Asks nothing before a connection has lasted. */
  constructor(options: PendingPodsOptions) {
    this.#options = options;
  }

  /** The connection has lasted: what the cloud sends by itself has come. */
  settled(): void {
    this.stop();
    if (this.#options.intervalMs > 0) this.#ask();
  }

  /** A question was answered, perhaps one of somebody else. */
  answered(request: RemoteRequest, answer: Message): void {
    if (!request.addsOnly || readPodList(answer).kind === "refused") return;
    const { clock, random, intervalMs } = this.#options;
    const delayMs = intervalMs * (0.9 + 0.2 * random());
    this.#timer = clock.after(delayMs, () => this.#ask());
  }

  /** Asks no more: the link is gone, or the node stops. */
  stop(): void {
    this.#timer?.cancel();
  }

  #ask(): void {
    this.#options.task({
      kind: "task",
      run: (tx, context) =>
        context.connected
          ? [{ kind: "ask", request: pendingPodsRequest(tx, context) }]
          : [],
      // A store that fails ends the wait, and a connection that lasts asks.
      failed: () => [],
    });
  }
}
