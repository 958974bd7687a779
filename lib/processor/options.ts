import type { Clock, Random } from "../base/mod.ts";
import type { Stamp } from "../message/mod.ts";
import type { Router } from "../router/mod.ts";
import type { Store } from "../store/mod.ts";
import type { ProcessorObserver } from "./observer.ts";
import type { ReconcileTiming } from "./reconcile_schedule.ts";

/**
 * What the processor needs from outside. Times and remote types are read at
 * each use: they may change while it runs.
 */
export interface ProcessorOptions {
  /** Where it meets the links. */
  readonly router: Router;
  /** Opened store; the processor is its only writer. */
  readonly store: Store;
  /** Time. */
  readonly clock: Clock;
  /** Spreads what many nodes do at the same moment. */
  readonly random: Random;
  /** Ids and time of new messages. */
  readonly stamp: Stamp;
  /** Name of this node. */
  readonly nodeId: string;
  /** There is no cloud: the store is in sync by definition. */
  readonly standalone: boolean;
  /** Resource types that the cloud is asked for while connected. */
  readonly remoteTypes: ReadonlySet<string>;
  /** How long the cloud may take to answer a request, in milliseconds. */
  readonly queryTimeoutMs: number;
  /** How long an agent may take to answer, in milliseconds. */
  readonly replyTimeoutMs: number;
  /** Interval of MetaSync in milliseconds. */
  readonly metaSyncIntervalMs: number;
  /** How long a connection must last before the store counts as in sync. */
  readonly syncSettleMs: number;
  /** When the cloud is asked anew for what pods name. */
  readonly reconcile: ReconcileTiming;
  /** Time between questions for pods that have not begun, in milliseconds; 0 for none. */
  readonly pendingPodsIntervalMs: number;
  /** Told of what happens. */
  readonly observer?: ProcessorObserver;
}
