import type { Clock, Timer } from "../../../lib/base/mod.ts";

/** A clock that moves only when told; telemetry sets no timers. */
export class StillClock implements Clock {
  /** Milliseconds since 2026-11-21T21:00:00Z. */
  elapsedMs = 0;

  now(): number {
    return Date.UTC(2026, 10, 21, 21) + this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  after(): Timer {
    throw new Error("Unexpected timer");
  }

  defer(): Timer {
    throw new Error("Unexpected timer");
  }
}
