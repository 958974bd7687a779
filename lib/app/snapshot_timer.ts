import {
  type Clock,
  type Component,
  TaskSet,
  type Timer,
} from "../base/mod.ts";
import type { Store } from "../store/mod.ts";
import { errorText, type Logger } from "../telemetry/mod.ts";

/** What the timer works with. */
export interface SnapshotTimerOptions {
  /** What is copied. */
  readonly store: Pick<Store, "snapshot" | "stopSnapshot">;
  /** Time. */
  readonly clock: Clock;
  /** Time between snapshots in milliseconds, 0 for none; read at each use. */
  readonly intervalMs: number;
  /** Log lines. */
  readonly log: Pick<Logger, "info" | "error">;
}

/**
 * Takes a snapshot of the store every so often: what the node falls back on
 * when the database is damaged, since the cloud never repeats what was acked.
 */
export class SnapshotTimer implements Component {
  /** Always `snapshots`. */
  readonly name = "snapshots";
  readonly #options: SnapshotTimerOptions;
  readonly #tasks: TaskSet;
  #timer: Timer | undefined;
  #stopped = false;
  #isTaking = false;

  /** Sets nothing before `start`. */
  constructor(options: SnapshotTimerOptions) {
    this.#options = options;
    this.#tasks = new TaskSet((_, error) =>
      options.log.error("snapshot failed", { error: errorText(error) })
    );
  }

  /** Starts the timer. */
  start(): Promise<void> {
    this.#schedule();
    return Promise.resolve();
  }

  /** Takes up another interval, from now on. */
  restart(): void {
    this.#timer?.cancel();
    // One that is being taken sets the timer when it is done.
    if (!this.#isTaking) this.#schedule();
  }

  /** Takes no new snapshot, and ends one that is being taken. */
  drain(_deadlineMs: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#stopped = true;
    this.#timer?.cancel();
    if (this.#isTaking) this.#options.store.stopSnapshot();
    return Promise.resolve();
  }

  /** Waits until a snapshot has ended, since the store closes next. */
  async stop(): Promise<void> {
    await this.drain(0);
    await this.#tasks.settled();
  }

  /** Stops. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #schedule(): void {
    const { clock, intervalMs, store, log } = this.#options;
    if (this.#stopped || intervalMs === 0) return;
    this.#timer = clock.after(intervalMs, () => {
      this.#isTaking = true;
      this.#tasks.spawn("snapshot", async () => {
        try {
          if (await store.snapshot()) log.info("snapshot taken");
        } finally {
          this.#isTaking = false;
          this.#schedule();
        }
      });
    });
  }
}
