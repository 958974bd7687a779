import { SystemClock } from "../base/mod.ts";
import type { Io } from "./io.ts";
import { SIGNALS, type SignalSource, watchSignals } from "./signals.ts";

/** A signal that is aborted when a command that goes on is to end. */
export interface UntilEnded extends Disposable {
  /** Aborted by Ctrl-C and its like, or when nobody reads the output. */
  readonly signal: AbortSignal;
}

/**
 * For a command that goes on until it is ended: by a signal, which is no
 * failure, or because nobody reads what it prints, as with `| head`.
 *
 * @param source Where signals come from. @default this process
 */
export function untilEnded(io: Io, source?: SignalSource): UntilEnded {
  const ending = new AbortController();
  const end = watchSignals({
    clock: new SystemClock(),
    onFirst: (signal) => ending.abort(signal),
    onSecond: (signal) => Deno.exit(SIGNALS[signal]),
    ...(source ? { source } : {}),
  });
  // Not AbortSignal.any: the runtime may collect one that is waited on.
  const onGone = () => ending.abort(io.stdoutEnded?.reason);
  if (io.stdoutEnded?.aborted) onGone();
  io.stdoutEnded?.addEventListener("abort", onGone, { once: true });
  return {
    signal: ending.signal,
    [Symbol.dispose]: () => {
      io.stdoutEnded?.removeEventListener("abort", onGone);
      end();
    },
  };
}
