import type { Clock, Component, Timer } from "../base/mod.ts";
import type { SyncStatus } from "../processor/mod.ts";
import type { Store } from "../store/mod.ts";
import {
  errorText,
  type Health,
  type Logger,
  type Metrics,
} from "../telemetry/mod.ts";
import { Check } from "./check.ts";
import { outboxCounts, outboxHealth } from "./outbox_report.ts";
import { syncHealth } from "./sync_report.ts";

/** What the housekeeping looks at. */
export interface HousekeepingOptions {
  /** Checks that must follow the node's state. */
  readonly health: Health;
  /** Lines that repeat are told by their number now and then. */
  readonly log: Pick<Logger, "error" | "flush">;
  /** What is known not to be right, and whether it is in sync. */
  readonly store: Pick<
    Store,
    | "problems"
    | "isSynced"
    | "outboxUse"
    | "outboxParked"
    | "outboxOldestMs"
    | "tend"
  >;
  /** What was counted. */
  readonly metrics: Metrics;
  /** How far the node is in line with the cloud; none in a standalone node. */
  readonly sync?: () => SyncStatus;
  /** Called with each look of its own, once a second. */
  readonly sample?: () => void;
  /** Time. */
  readonly clock: Clock;
}

/** How often it looks, in milliseconds. */
const INTERVAL_MS = 1000;

/**
 * Looks after the node once a second: keeps the checks of the store true,
 * tells of loops that stand still, and lets folded log lines out.
 */
export class Housekeeping implements Component {
  /** Always `housekeeping`. */
  readonly name = "housekeeping";
  readonly #options: HousekeepingOptions;
  #timer: Timer | undefined;
  #stalled = "";
  /** Why the store could not be looked at, as the check says. */
  #unreadable: string | undefined;

  /** Sets nothing before `start`. */
  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** Looks at once, then every second. */
  start(): Promise<void> {
    this.#tick();
    return Promise.resolve();
  }

  /** Has nothing to finish. */
  drain(_deadlineMs: number): Promise<void> {
    return Promise.resolve();
  }

  /** Looks no more. */
  stop(): Promise<void> {
    this.#timer?.cancel();
    return Promise.resolve();
  }

  /** Stops. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Brings the checks up to date; for whoever reports them in between. */
  look(): void {
    const { health } = this.#options;
    try {
      this.#lookAtStore();
    } catch (error) {
      this.#unreadable = errorText(error);
      health.set(Check.store, "failed", this.#unreadable);
    }
  }

  #lookAtStore(): void {
    const { health, store, sync, metrics, clock } = this.#options;
    store.tend();
    const synced = store.isSynced("*");
    const problems = store.problems.join("; ");
    const check = health.get(Check.store);
    // A failure of the moment is told by the processor, and ended by it.
    if (check?.state !== "failed" || check.reason === this.#unreadable) {
      health.set(Check.store, problems ? "degraded" : "ok", problems);
    }
    this.#unreadable = undefined;
    const { state, reason } = sync
      ? syncHealth(sync(), synced)
      : { state: "ok" as const, reason: "" };
    health.set(Check.sync, state, reason);
    const { refused } = outboxCounts(metrics);
    const outbox = outboxHealth(store, { nowMs: clock.now(), refused });
    health.set(Check.outbox, outbox.state, outbox.reason);
  }

  /** The next look is set first: no failure of this one ends them. */
  #tick(): void {
    const { health, log, clock, sample } = this.#options;
    this.#timer = clock.after(INTERVAL_MS, () => this.#tick());
    sample?.();
    this.look();
    const stalled = health.stalled().join(", ");
    if (stalled && stalled !== this.#stalled) {
      log.error("loop stands still", { loops: stalled });
    }
    this.#stalled = stalled;
    log.flush(true);
  }
}
