import type { LogLevel } from "./log.ts";

/** Lines of one event in one window that are written as they come. */
const BURST_LINES = 5;
/** Length of a window, in milliseconds. */
const WINDOW_MS = 60_000;
/** Events that are told apart; further ones share one window. */
const EVENTS_MAX = 256;
/** Characters that may be written at once, before the steady rate holds. */
const BUDGET_MAX = 256 * 1024;
/**
 * Characters that first errors may take beyond it: nothing else may keep an
 * error from being told once.
 */
const ERROR_RESERVE = 64 * 1024;
/** Characters per millisecond that the budget regains: 576 KB an hour. */
const BUDGET_PER_MS = 0.16;

/** About the length of a line that only says how often something was held. */
const HELD_LINE_LENGTH = 128;

/** Which event a line is about. */
export interface EventKey {
  /** Severity of the line. */
  readonly level: LogLevel;
  /** Room that speaks. */
  readonly room: string;
  /** The event. */
  readonly event: string;
}

/** Whether a line is written. */
export type Verdict =
  /** Write it, and say how many before it were held back. */
  | { readonly kind: "write"; readonly repeated: number }
  /** Do not write it: it was counted. */
  | { readonly kind: "hold" };

/** Repeats that were held back. */
export interface Held extends EventKey {
  /** How many. */
  readonly repeated: number;
}

interface Window {
  readonly key: EventKey;
  startMs: number;
  written: number;
  held: number;
}

/**
 * Folds repeats: of one event of one room the first lines of a minute are
 * written, then one line a minute with the number held back, until a minute
 * passes without any. On top of that all lines together have a budget, since
 * a fault may speak with many voices: the burst and an hour's refill are
 * below 1 MB (failures.md J1). The first line of an error may overdraw it.
 *
 * Its memory is bounded: beyond a number of distinct events the rest of each
 * level is counted as one.
 */
export class RepeatFilter {
  readonly #windows = new Map<string, Window>();
  #budget = BUDGET_MAX;
  #budgetAtMs = 0;

  /** Judges one line at monotonic time `nowMs`. */
  admit(key: EventKey, nowMs: number): Verdict {
    this.#refill(nowMs);
    const window = this.#window(key, nowMs);
    const folded = this.#fold(window, nowMs);
    if (!folded) window.held++;
    const isFirstError = key.level === "error" && window.written === 1;
    const floor = isFirstError ? -ERROR_RESERVE : 0;
    if (!folded || this.#budget > floor) return folded ?? { kind: "hold" };
    // Admitted by its window, refused by the budget: it counts as held.
    window.held += folded.repeated + 1;
    return { kind: "hold" };
  }

  /** Takes what a written line cost from the budget, in characters. */
  spend(characters: number): void {
    this.#budget -= characters;
  }

  /** Takes the counts of what was held back, of all windows or of those that are over. */
  take(nowMs: number, overdueOnly: boolean): Held[] {
    this.#refill(nowMs);
    const taken: Held[] = [];
    for (const [id, window] of this.#windows) {
      const over = nowMs - window.startMs >= WINDOW_MS;
      if (overdueOnly && !over) continue;
      if (window.held > 0) {
        if (this.#budget <= 0) continue;
        this.#budget -= HELD_LINE_LENGTH;
        taken.push({ ...window.key, repeated: window.held });
        window.held = 0;
        window.startMs = nowMs;
      } else if (over) {
        this.#windows.delete(id);
      }
    }
    return taken;
  }

  /** The write verdict of the event's own window; `undefined` if it is held. */
  #fold(
    window: Window,
    nowMs: number,
  ): { kind: "write"; repeated: number } | undefined {
    if (nowMs - window.startMs >= WINDOW_MS) {
      const repeated = window.held;
      window.startMs = nowMs;
      window.held = 0;
      window.written = repeated > 0 ? BURST_LINES : 1;
      return { kind: "write", repeated };
    }
    if (window.written >= BURST_LINES) return undefined;
    window.written++;
    return { kind: "write", repeated: 0 };
  }

  #window(key: EventKey, nowMs: number): Window {
    const id = `${key.level}\n${key.room}\n${key.event}`;
    const known = this.#windows.get(id);
    if (known) return known;
    if (this.#windows.size >= EVENTS_MAX) this.#prune(nowMs);
    const full = this.#windows.size >= EVENTS_MAX;
    const name = full ? key.level : id;
    const shared = this.#windows.get(name);
    if (shared) return shared;
    const fresh: Window = {
      key: full ? { ...key, room: "log", event: "other events" } : key,
      startMs: nowMs,
      written: 0,
      held: 0,
    };
    this.#windows.set(name, fresh);
    return fresh;
  }

  #prune(nowMs: number): void {
    for (const [id, window] of this.#windows) {
      if (window.held === 0 && nowMs - window.startMs >= WINDOW_MS) {
        this.#windows.delete(id);
      }
    }
  }

  #refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#budgetAtMs);
    this.#budgetAtMs = nowMs;
    this.#budget = Math.min(
      BUDGET_MAX,
      this.#budget + elapsedMs * BUDGET_PER_MS,
    );
  }
}
