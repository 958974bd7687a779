import type { Clock } from "../base/mod.ts";

/** Rate and depth of a bucket; read at each use. */
export interface TokenBucketOptions {
  /** Tokens that come each second; 0: there is always one. */
  readonly perSecond: number;
  /** Most tokens that gather, 1 or more. */
  readonly burst: number;
}

/**
 * Tokens that come at a steady rate and gather up to a bound, as KubeEdge's
 * limit of upstream messages has it (wire document, 2.4). It starts full.
 */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #countedMs: number;

  /** @param clock Its monotonic time fills the bucket. */
  constructor(clock: Clock, options: TokenBucketOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#tokens = options.burst;
    this.#countedMs = clock.monotonic();
  }

  /** Takes a token; `false` if there is none. */
  take(): boolean {
    if (this.#options.perSecond === 0) return true;
    this.#count();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Milliseconds until there is a token; 0 if there is one. */
  get waitMs(): number {
    const { perSecond } = this.#options;
    if (perSecond === 0) return 0;
    this.#count();
    const missing = 1 - this.#tokens;
    // Never early: a timer that finds no token would only be set again.
    return missing <= 0 ? 0 : Math.ceil(missing * 1000 / perSecond);
  }

  #count(): void {
    const { perSecond, burst } = this.#options;
    const nowMs = this.#clock.monotonic();
    const come = (nowMs - this.#countedMs) * perSecond / 1000;
    this.#tokens = Math.min(burst, this.#tokens + come);
    this.#countedMs = nowMs;
  }
}
