import type { Clock } from "../base/mod.ts";
import type { Message, Stamp } from "../message/mod.ts";
import type { Router } from "../router/mod.ts";
import type { Logger } from "../telemetry/mod.ts";

/** The part of a logger that this room uses; fields never carry contents. */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

/** What the link works with. */
export interface EdgedParts {
  /** Where agents are registered and their messages go. */
  readonly router: Router;
  /** Measures silence and deadlines. */
  readonly clock: Clock;
  /** Stamps the messages that the link itself sends. */
  readonly stamp: Stamp;
  /** Log lines. */
  readonly log: Log;
  /** The current NodeConnection: the first message that an agent gets. */
  readonly connection: () => Message | undefined;
}
