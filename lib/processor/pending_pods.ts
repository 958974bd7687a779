import type { Clock, Random, Timer } from "../base/mod.ts";
import type { Message } from "../message/mod.ts";
import {
  type Context,
  pendingPodsRequest,
  podListRequest,
  readPodList,
  type RemoteRequest,
} from "../operations/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import type { Item } from "./item.ts";

/** Time in which CloudCore takes note of a Node that is new, in milliseconds. */
const NODE_MS = 5000;

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
 * that it never sends (see `pendingPodsRequest`). Soon after the Node was
 * registered anew it asks for all pods: of what changed before CloudCore tells
 * nothing. A cloud that does not list pods is not asked again on its
 * connection.
 *
 * Invariant: at most one timer runs.
 */
export class PendingPods {
  readonly #options: PendingPodsOptions;
  #timer: Timer | undefined;
  /** All pods have not been listed since the Node was registered anew. */
  #isNodeNew = false;
  /** Id of the last question for all pods. */
  #allId = "";

  /** Asks nothing before a connection has lasted. */
  constructor(options: PendingPodsOptions) {
    this.#options = options;
  }

  /** The connection has lasted: what the cloud sends by itself has come. */
  settled(): void {
    this.#askIn(0);
  }

  /** The Node was registered anew. */
  nodeCame(): void {
    this.#isNodeNew = true;
    this.#askIn(NODE_MS);
  }

  /** A question was answered, perhaps one of somebody else. */
  answered(request: RemoteRequest, answer: Message): void {
    if (!request.addsOnly || readPodList(answer).kind === "refused") return;
    if (request.upstream.header.msg_id === this.#allId) this.#isNodeNew = false;
    // The question for all of them is due already.
    if (this.#isNodeNew) return;
    const { random, intervalMs } = this.#options;
    this.#askIn(intervalMs * (0.9 + 0.2 * random()));
  }

  /** Asks no more: the link is gone, or the node stops. */
  stop(): void {
    this.#timer?.cancel();
  }

  #askIn(delayMs: number): void {
    const { clock, intervalMs } = this.#options;
    this.stop();
    if (intervalMs === 0) return;
    this.#timer = clock.after(delayMs, () => this.#ask());
  }

  #ask(): void {
    this.#options.task({
      kind: "task",
      run: (tx, context) =>
        context.connected
          ? [{ kind: "ask", request: this.#question(tx, context) }]
          : [],
      // A store that fails ends the wait, and a connection that lasts asks.
      failed: () => [],
    });
  }

  #question(tx: StoreTransaction, context: Context): RemoteRequest {
    if (!this.#isNodeNew) return pendingPodsRequest(tx, context);
    const request = podListRequest(tx, context);
    this.#allId = request.upstream.header.msg_id;
    // What went meanwhile goes when its status is reported.
    return { ...request, addsOnly: true };
  }
}
