import { type Clock, sleep } from "../base/mod.ts";
import { failureText } from "./failure_text.ts";
import type { Io } from "./io.ts";

/** The other screen, no cursor, no line that goes on below. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** How something is shown again and again. */
export interface WatchOptions {
  /** The text of now; `signal` ends the wait for it. */
  readonly show: (signal: AbortSignal) => Promise<string>;
  /** Time between two looks, in milliseconds. */
  readonly intervalMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Time. */
  readonly clock: Clock;
  /** Stands between two texts where there is no terminal. @default an empty line */
  readonly separator?: string;
}

/**
 * Shows a text anew at each interval: on a terminal in place, elsewhere one
 * below the other. What cannot be shown now, since the node restarts, is told
 * and tried again. The terminal is as it was afterwards.
 */
export async function watch(io: Io, options: WatchOptions): Promise<void> {
  const isScreen = io.isTerminal.stdout;
  const { signal, clock, intervalMs, separator = "\n" } = options;
  if (isScreen) io.stdout(ENTER);
  try {
    for (let i = 0;; i++) {
      const text = await look(options);
      if (signal.aborted) return;
      io.stdout(
        isScreen ? inPlace(text, io.rows?.()) : (i > 0 ? separator : "") + text,
      );
      await sleep(clock, intervalMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (isScreen) io.stdout(LEAVE);
  }
}

async function look({ show, signal }: WatchOptions): Promise<string> {
  try {
    return await show(signal);
  } catch (error) {
    return `${failureText(error)}\n`;
  }
}

/** Writes over what is there, line by line, so that nothing flickers. */
function inPlace(text: string, rows = 0): string {
  // A terminal without a size says 0.
  const linesMax = rows > 0 ? Math.max(1, rows - 1) : Infinity;
  const lines = text.trimEnd().split("\n").slice(0, linesMax);
  return "\x1b[H" + lines.map((line) => `${line}\x1b[K\r\n`).join("") +
    "\x1b[J";
}
