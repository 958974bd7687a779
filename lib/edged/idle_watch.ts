import type { Clock, Timer } from "../base/mod.ts";

/** When silence is asked about, and when it ends the connection. */
export interface IdleLimits {
  /** Silence in milliseconds after which the peer is pinged. */
  readonly pingMs: number;
  /** Silence in milliseconds after which the peer counts as gone. */
  readonly deadMs: number;
}

/** What the watch looks at and what it does. */
export interface IdleHandlers {
  /** `clock.monotonic()` since when nothing has come; `undefined` while nobody reads. */
  readonly quietSinceMs: () => number | undefined;
  /** Asks the peer for a sign of life. */
  readonly ping: () => void;
  /** Called once, when the peer counts as gone. */
  readonly dead: () => void;
}

/**
 * Watches one connection for silence. A peer is given up only after a ping
 * has been unanswered for the rest of the time, and never while we ourselves
 * do not read.
 */
export class IdleWatch {
  readonly #clock: Clock;
  readonly #limits: IdleLimits;
  readonly #handlers: IdleHandlers;
  #timer: Timer | undefined;
  #pingedAtMs: number | undefined;
  #stopped = false;

  /** Starts to watch at once. */
  constructor(clock: Clock, limits: IdleLimits, handlers: IdleHandlers) {
    this.#clock = clock;
    this.#limits = limits;
    this.#handlers = handlers;
    this.#checkIn(limits.pingMs);
  }

  /** Ends the watch. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #checkIn(delayMs: number): void {
    this.#timer = this.#clock.after(delayMs, () => this.#check());
  }

  #check(): void {
    const { pingMs, deadMs } = this.#limits;
    const nowMs = this.#clock.monotonic();
    const sinceMs = this.#handlers.quietSinceMs() ?? nowMs;
    const graceMs = deadMs - pingMs;
    if (this.#pingedAtMs === undefined || sinceMs >= this.#pingedAtMs) {
      this.#pingedAtMs = undefined;
      const silentMs = nowMs - sinceMs;
      if (silentMs < pingMs) return this.#checkIn(pingMs - silentMs);
      this.#pingedAtMs = nowMs;
      this.#handlers.ping();
      return this.#checkIn(graceMs);
    }
    const unansweredMs = nowMs - this.#pingedAtMs;
    if (unansweredMs < graceMs) return this.#checkIn(graceMs - unansweredMs);
    // A loop that was blocked runs its timers before it reads what has come.
    this.#timer = this.#clock.defer(() => this.#end(sinceMs));
  }

  #end(sinceMs: number): void {
    if (this.#stopped) return;
    if (this.#handlers.quietSinceMs() !== sinceMs) return this.#check();
    this.#stopped = true;
    this.#handlers.dead();
  }
}
