import type { Clock } from "../base/mod.ts";

/** Signals that ask to end, and the exit code of each: 128 and its number. */
export const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A signal that asks to end. */
export type EndSignal = keyof typeof SIGNALS;

/**
 * How long after the first signal the same one again is taken for its repeat,
 * in milliseconds: a terminal sends Ctrl-C to all of its processes, and a task
 * runner passes its own on, so that one press arrives twice. Nobody presses
 * twice as fast.
 */
const REPEAT_MS = 100;

/** Where signals come from. */
export interface SignalSource {
  /** Adds a listener. */
  addSignalListener(signal: EndSignal, listener: () => void): void;
  /** Removes it. */
  removeSignalListener(signal: EndSignal, listener: () => void): void;
}

/** What to do about signals. */
export interface SignalOptions {
  /** Time. */
  readonly clock: Clock;
  /** Told of the first signal: end in good order. */
  readonly onFirst: (signal: EndSignal) => void;
  /** Told of a later one that is no repeat of the first: end at once. */
  readonly onSecond: (signal: EndSignal) => void;
  /** Which of them ask to end. @default all */
  readonly signals?: readonly EndSignal[];
  /** Where they come from. @default this process */
  readonly source?: SignalSource;
}

/**
 * Listens to the signals that ask to end.
 *
 * @returns Ends the listening.
 */
export function watchSignals(options: SignalOptions): () => void {
  const { clock, onFirst, onSecond, source = Deno } = options;
  const { signals = Object.keys(SIGNALS) as EndSignal[] } = options;
  let first: { readonly signal: EndSignal; readonly atMs: number } | undefined;
  const take = (signal: EndSignal) => {
    const nowMs = clock.monotonic();
    if (first === undefined) {
      first = { signal, atMs: nowMs };
      return onFirst(signal);
    }
    const isRepeat = signal === first.signal && nowMs - first.atMs < REPEAT_MS;
    if (!isRepeat) onSecond(signal);
  };
  const ends = signals.map((signal) => {
    const listener = () => take(signal);
    source.addSignalListener(signal, listener);
    return () => source.removeSignalListener(signal, listener);
  });
  return () => ends.forEach((end) => end());
}
