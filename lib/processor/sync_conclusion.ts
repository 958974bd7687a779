import type { Timer } from "../base/mod.ts";
import { concludeSync, lacksPods } from "../operations/mod.ts";
import { StoreError } from "../store/mod.ts";
import type { Item } from "./batch_runner.ts";
import type { ProcessorOptions } from "./options.ts";

/** How often a store that lacks pods looks for a Node registered anew. */
const AGAIN_MS = 60_000;

/**
 * Has the store marked as in sync once a connection has lasted: at once if
 * it is new, after a list or a new registration of the Node if it lost pods.
 */
export class SyncConclusion {
  readonly #options: Pick<ProcessorOptions, "clock" | "store">;
  readonly #task: (item: Item) => void;
  #timer: Timer | undefined;
  #settled = false;
  #lacksPods = false;

  /** @param task Runs work in a transaction. */
  constructor(
    options: Pick<ProcessorOptions, "clock" | "store">,
    task: (item: Item) => void,
  ) {
    this.#options = options;
    this.#task = task;
  }

  /** Whether the store lost pods and was not refilled. */
  get lacksPods(): boolean {
    try {
      this.#lacksPods = lacksPods(this.#options.store);
    } catch (error) {
      // The batches that fail tell of it; what was last seen stands.
      if (!(error instanceof StoreError)) throw error;
    }
    return this.#lacksPods;
  }

  /** The connection has lasted: what the cloud had has come. */
  settled(): void {
    this.#settled = true;
    this.look();
  }

  /** Something came that may put the store in sync. */
  look(): void {
    if (!this.#settled) return;
    this.#timer?.cancel();
    this.#task({ kind: "task", run: concludeSync, failed: () => [] });
    if (!this.lacksPods) return;
    this.#timer = this.#options.clock.after(AGAIN_MS, () => this.look());
  }

  /** The connection is gone, or what came on it does not count. */
  reset(): void {
    this.#settled = false;
    this.#timer?.cancel();
  }
}
