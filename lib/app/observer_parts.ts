import type { Health, Logger, Metrics } from "../telemetry/mod.ts";

/** What the observers write to. */
export interface ObserverParts {
  /** Logger of the node. */
  readonly log: Logger;
  /** Figures. */
  readonly metrics: Metrics;
  /** Checks. */
  readonly health: Health;
}
