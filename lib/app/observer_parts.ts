import type { MessageFault } from "../message/mod.ts";
import type { Health, Logger, Metrics } from "../telemetry/mod.ts";

/** What the observers write to. */
export interface ObserverParts {
  /** Logger of the node. */
  readonly log: Logger;
  /** Figures. */
  readonly metrics: Metrics;
  /** Checks. */
  readonly health: Health;
  /** Notes a message that was refused for good. @default of its own */
  readonly refused?: (fault: MessageFault) => void;
}
