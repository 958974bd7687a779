import { clearImmediate, setImmediate } from "node:timers";

/** A timer that has been set and may be cancelled. */
export interface Timer {
  /** Cancels the timer; does nothing if it has fired or was cancelled. */
  cancel(): void;
}

/**
 * Time as the node sees it. Everything that waits or stamps takes one, so
 * that a test can run years of node life in a second.
 */
export interface Clock {
  /** Wall clock in milliseconds since 1970. It may jump; stamp with it only. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary start; measure durations with it. */
  monotonic(): number;
  /**
   * Runs `fn` once.
   *
   * @param delayMs Milliseconds from now, 0 or more.
   */
  after(delayMs: number, fn: () => void): Timer;
  /**
   * Runs `fn` as soon as I/O that is already waiting has had its turn.
   *
   * @param isPressed Whether this goes on without a pause, as when there is
   *   always something left to do: then care is taken that all I/O has its turn.
   */
  defer(fn: () => void, isPressed?: boolean): Timer;
}

/** Longest delay that JavaScript timers keep (2^31 - 1 ms); longer ones are chained. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** Turns of the event loop after which the runtime has asked the system. */
const TURNS = 61;
/**
 * Milliseconds between two such times while work goes on without a pause: at
 * least so many times what the turns took, on a small machine, and within these
 * bounds, since what else was done in those turns is in it.
 */
const UNSEEN = { times: 20, msMin: 5, msMax: 25 } as const;

/** The machine's clocks and timers. */
export class SystemClock implements Clock {
  /** When care is taken again that all I/O has its turn. */
  #lookMs = 0;

  /** Wall clock in milliseconds since 1970. */
  now(): number {
    return Date.now();
  }

  /** Monotonic milliseconds since the process started. */
  monotonic(): number {
    return performance.now();
  }

  /** Runs `fn` after `delayMs`; delays beyond 24 days are kept. */
  after(delayMs: number, fn: () => void): Timer {
    let id = 0;
    const set = (restMs: number) => {
      const stepMs = Math.min(restMs, DELAY_MS_MAX);
      id = setTimeout(
        () => restMs > stepMs ? set(restMs - stepMs) : fn(),
        stepMs,
      );
    };
    set(Math.max(0, delayMs));
    return { cancel: () => clearTimeout(id) };
  }

  /**
   * Runs `fn` in the next turn of the event loop; under pressure behind all I/O
   * that waits, though not each time.
   *
   * While each turn leaves something for the next one, the runtime asks the
   * system only in every 61st what else can be read and written (tokio's
   * `event_interval`, Deno 2.7.11): for seconds, on a small machine. So as many
   * turns are let pass that do nothing, which takes 0.2 ms.
   */
  defer(fn: () => void, isPressed = false): Timer {
    const startMs = isPressed ? this.monotonic() : 0;
    let turnsLeft = isPressed && startMs >= this.#lookMs ? TURNS : 0;
    let immediate = setImmediate(turnsLeft > 0 ? turn : fn);
    const run = () => {
      const { times, msMin, msMax } = UNSEEN;
      const nowMs = this.monotonic();
      const waitMs = Math.max(msMin, times * (nowMs - startMs));
      this.#lookMs = nowMs + Math.min(msMax, waitMs);
      fn();
    };
    function turn() {
      immediate = setImmediate(--turnsLeft > 0 ? turn : run);
    }
    return { cancel: () => clearImmediate(immediate) };
  }
}

/**
 * Waits on a clock.
 *
 * @param delayMs Milliseconds, 0 or more.
 * @throws The signal's reason, at once when it is aborted.
 */
export function sleep(
  clock: Clock,
  delayMs: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
