import type { CompactStep } from "./compact_store.ts";
import type { ScrubStep } from "./scrub.ts";
import type { StoreView } from "./store_view.ts";
import type { Store } from "./types.ts";

/** The store over one SQLite file, with what only a file needs. */
export interface SqliteStore extends Store {
  /** What an operator reads, page by page. */
  readonly view: StoreView;
  /**
   * Rebuilds the file from the newest snapshot and what can still be read,
   * as a start with a damaged file does. `batch` does it when it is needed.
   *
   * @throws {StoreError} If there is no room or no right to write.
   */
  recover(): void;
  /**
   * Checks some objects in the order of their keys.
   *
   * @param fromKey Key after which to begin; empty for the first.
   * @param limit Objects to read, 1 or more; a few hundred take milliseconds.
   */
  scrubStep(fromKey: string, limit: number): ScrubStep;
  /**
   * Gives a slice of the pages without content back, between batches; nothing
   * of what is stored changes.
   *
   * @throws {StoreError} If the file cannot be written now.
   */
  compactStep(): CompactStep;
}
