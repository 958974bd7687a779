import type { Clock } from "../base/mod.ts";

/** How well something does, best first. */
export type HealthState = "ok" | "degraded" | "failed";

/** One thing that may be well or not. */
export interface HealthCheck {
  /** Name, for example `store` or `cloud link`. */
  readonly name: string;
  /** How well it does. */
  readonly state: HealthState;
  /** Why it is not `ok`; may say more when it is. */
  readonly reason: string;
  /** Wall clock of the last change of state, milliseconds since 1970. */
  readonly sinceMs: number;
}

/** The node's health at one moment. */
export interface HealthReport {
  /** The worst state of all checks. */
  readonly state: HealthState;
  /** All checks, by name. */
  readonly checks: readonly HealthCheck[];
  /** False if a loop makes no progress on waiting work: restart the process. */
  readonly live: boolean;
  /** Names of the loops that stand still. */
  readonly stalled: readonly string[];
}

/** What a loop holds to show that it moves. */
export interface Heartbeat {
  /** Call after each piece of work. */
  progress(): void;
  /** Call when the loop ends as it should: it is watched no longer. */
  end(): void;
}

/** Settings of `Health`. */
export interface HealthOptions {
  /** Told of each change of a check's state; must not throw. */
  readonly changed?: (check: HealthCheck) => void;
  /**
   * Time without progress on waiting work after which a loop stands still, in
   * milliseconds.
   *
   * @default 30_000
   */
  readonly stallMs?: number;
}

interface Loop {
  readonly waiting: () => number;
  /** Since when work was seen waiting without progress; monotonic. */
  waitingSinceMs: number | undefined;
}

const BADNESS: Readonly<Record<HealthState, number>> = {
  ok: 0,
  degraded: 1,
  failed: 2,
};

/**
 * Registry of what may be well or not, and of loops that must move.
 *
 * A loop stands still if work waited for it, seen by two looks at it, and it
 * made no progress for 30 s between them (failures.md J3); so look often,
 * with `report` or `stalled`, once a second or so.
 */
export class Health {
  readonly #clock: Clock;
  readonly #changed: (check: HealthCheck) => void;
  readonly #stallMs: number;
  readonly #checks = new Map<string, HealthCheck>();
  readonly #loops = new Map<string, Loop>();

  /**
   * A registry without checks or loops.
   *
   * @param clock Stamps changes and measures stand-stills.
   */
  constructor(clock: Clock, options: HealthOptions = {}) {
    this.#clock = clock;
    this.#changed = options.changed ?? (() => undefined);
    this.#stallMs = options.stallMs ?? 30_000;
  }

  /** Sets a check; it exists from the first call on. */
  set(name: string, state: HealthState, reason = ""): void {
    const before = this.#checks.get(name);
    const same = before?.state === state;
    const sinceMs = same ? before.sinceMs : this.#clock.now();
    const check = { name, state, reason, sinceMs };
    this.#checks.set(name, check);
    if (!same) this.#changed(check);
  }

  /** The check of this name. */
  get(name: string): HealthCheck | undefined {
    return this.#checks.get(name);
  }

  /** Forgets a check whose subject is gone. */
  remove(name: string): void {
    this.#checks.delete(name);
  }

  /**
   * Watches a loop; a second loop of the same name replaces the first.
   *
   * @param waiting Number of pieces of work that wait for the loop now; must
   *   be cheap and must not throw.
   */
  heartbeat(name: string, waiting: () => number): Heartbeat {
    const loop: Loop = { waiting, waitingSinceMs: undefined };
    this.#loops.set(name, loop);
    return {
      progress: () => {
        loop.waitingSinceMs = undefined;
      },
      end: () => {
        if (this.#loops.get(name) === loop) this.#loops.delete(name);
      },
    };
  }

  /** Names of the loops that are watched. */
  get loops(): string[] {
    return [...this.#loops.keys()].sort();
  }

  /** Looks at all loops and names those that stand still. */
  stalled(): string[] {
    const nowMs = this.#clock.monotonic();
    const names: string[] = [];
    for (const [name, loop] of this.#loops) {
      if (loop.waiting() === 0) {
        loop.waitingSinceMs = undefined;
        continue;
      }
      loop.waitingSinceMs ??= nowMs;
      if (nowMs - loop.waitingSinceMs >= this.#stallMs) names.push(name);
    }
    return names.sort();
  }

  /** The health of everything now. */
  report(): HealthReport {
    const checks = [...this.#checks.values()]
      .sort((a, b) => a.name < b.name ? -1 : 1);
    const stalled = this.stalled();
    let state: HealthState = stalled.length > 0 ? "failed" : "ok";
    for (const check of checks) {
      if (BADNESS[check.state] > BADNESS[state]) state = check.state;
    }
    return { state, checks, live: stalled.length === 0, stalled };
  }
}
