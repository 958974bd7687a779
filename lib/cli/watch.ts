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
 * and tried again; elsewhere than on a terminal it is told once, on standard
 * error, so that a program that reads the texts reads nothing else. The
 * terminal is as it was afterwards.
 */
export async function watch(io: Io, options: WatchOptions): Promise<void> {
  const isScreen = io.isTerminal.stdout;
  const { signal, clock, intervalMs } = options;
  const show = isScreen ? screen(io) : stream(io, options.separator ?? "\n");
  if (isScreen) io.stdout(ENTER);
  try {
    for (;;) {
      const seen = await look(options);
      if (signal.aborted) return;
      show(seen);
      await sleep(clock, intervalMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (isScreen) io.stdout(LEAVE);
  }
}

/** What one look has brought. */
interface Seen {
  readonly text: string;
  readonly isFailure: boolean;
}

async function look({ show, signal }: WatchOptions): Promise<Seen> {
  try {
    return { text: await show(signal), isFailure: false };
  } catch (error) {
    return { text: `${failureText(error)}\n`, isFailure: true };
  }
}

function screen(io: Io): (seen: Seen) => void {
  return ({ text }) => io.stdout(inPlace(text, io.rows?.()));
}

function stream(io: Io, separator: string): (seen: Seen) => void {
  let isFirst = true;
  let told = "";
  return ({ text, isFailure }) => {
    if (isFailure) {
      if (text !== told) io.stderr(text);
      told = text;
      return;
    }
    io.stdout((isFirst ? "" : separator) + text);
    isFirst = false;
    told = "";
  };
}

/** Writes over what is there, line by line, so that nothing flickers. */
function inPlace(text: string, rows = 0): string {
  // A terminal without a size says 0.
  const linesMax = rows > 0 ? Math.max(1, rows - 1) : Infinity;
  const lines = text.trimEnd().split("\n").slice(0, linesMax);
  return "\x1b[H" + lines.map((line) => `${line}\x1b[K\r\n`).join("") +
    "\x1b[J";
}
