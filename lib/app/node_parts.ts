import type { Action } from "../admin/mod.ts";
import type { Clock, Ids, Random } from "../base/mod.ts";
import type { StoreOptions } from "../store/mod.ts";
import type { Logger } from "../telemetry/mod.ts";
import type { NodeTiming } from "./timing.ts";

/** What a node takes from outside; each has the machine's own as default. */
export interface NodeParts {
  /** Time. @default the machine's */
  readonly clock?: Clock;
  /** Jitter. @default the machine's */
  readonly random?: Random;
  /** Message ids. @default random UUIDs */
  readonly newId?: Ids;
  /** Log lines. @default standard error, as configured */
  readonly log?: Logger;
  /** Departures from fixed times, for tests and demonstrations. */
  readonly timing?: Partial<NodeTiming>;
  /** Further actions of the operator's socket, by path. */
  readonly actions?: Readonly<Record<string, Action>>;
  /** Departures from fixed sizes of the store, for tests. */
  readonly storeSizes?: Pick<StoreOptions, "pagesMax" | "reserveBytes">;
}
