import type { Clock, Timer } from "../base/mod.ts";
import type { Outcome } from "../operations/mod.ts";
import type { StoreTransaction } from "../store/mod.ts";
import type { Item } from "./item.ts";

/** Time from a failure to the next probe, in milliseconds. */
const PROBE_MS = 1000;

/** Writes a little: if that is committed, the store works. */
const PROBE: Item = {
  kind: "task",
  proves: true,
  run: (tx: StoreTransaction): Outcome => {
    tx.probe();
    return [];
  },
  failed: () => [],
};

/** What {@link StoreProbe} needs from outside. */
export interface StoreProbeOptions {
  /** Time. */
  readonly clock: Clock;
  /** Has an item run with the next batch. */
  readonly task: (item: Item) => void;
}

/**
 * Tries a store that failed until it takes something: a node that has nothing
 * to store would else count as unhealthy long after the failure has passed.
 */
export class StoreProbe {
  readonly #options: StoreProbeOptions;
  #timer: Timer | undefined;

  /** Does nothing before the first failure. */
  constructor(options: StoreProbeOptions) {
    this.#options = options;
  }

  /** Notes after each batch whether the store fails. */
  note(failing: boolean): void {
    if (!failing) return this.stop();
    this.#timer ??= this.#options.clock.after(PROBE_MS, () => {
      this.#timer = undefined;
      this.#options.task(PROBE);
    });
  }

  /** Probes no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
