import type { ScrubStep } from "./scrub.ts";
import type { Store } from "./types.ts";

/** The store over one SQLite file, with what only a file needs. */
export interface SqliteStore extends Store {
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
}
