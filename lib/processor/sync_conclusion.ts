import type { Timer } from "../base/mod.ts";
import { concludeSync, lacksPods } from "../operations/mod.ts";
import { StoreError } from "../store/mod.ts";
import type { Item } from "./item.ts";
import type { ProcessorOptions } from "./options.ts";
import type { Lack } from "./sync_state.ts";

/** How often a store that lacks pods looks for a Node registered anew. */
const AGAIN_MS = 60_000;

/** What {@link SyncConclusion} works with, beside the processor's options. */
export interface SyncConclusionParts {
  /** Runs work in a transaction. */
  readonly task: (item: Item) => void;
  /** The store failed: the connection has to last anew. */
  readonly onFailed: () => void;
}

/**
 * Has the store marked as in sync once a connection has lasted: at once if
 * it is new, after a list or a new registration of the Node if it lost pods.
 */
export class SyncConclusion {
  readonly #options: Pick<ProcessorOptions, "clock" | "store">;
  readonly #parts: SyncConclusionParts;
  #timer: Timer | undefined;
  #settled = false;
  #lack: Lack = "none";

  /** @param parts Ways to the store and to the session. */
  constructor(
    options: Pick<ProcessorOptions, "clock" | "store">,
    parts: SyncConclusionParts,
  ) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Which pods the store may be without. */
  get lack(): Lack {
    const { store } = this.#options;
    try {
      const isNew = store.fact("node_before_store") !== "";
      this.#lack = lacksPods(store) ? "lost" : isNew ? "known-node" : "none";
    } catch (error) {
      // The batches that fail tell of it; what was last seen stands.
      if (!(error instanceof StoreError)) throw error;
    }
    return this.#lack;
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
    this.#parts.task({
      kind: "task",
      run: concludeSync,
      failed: () => {
        this.#parts.onFailed();
        return [];
      },
    });
    if (this.lack === "none") return;
    this.#timer = this.#options.clock.after(AGAIN_MS, () => this.look());
  }

  /** The connection is gone, or what came on it does not count. */
  reset(): void {
    this.#settled = false;
    this.#timer?.cancel();
  }
}
