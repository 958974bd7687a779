import type { Io } from "./io.ts";

const CODES = {
  bold: "1",
  dim: "2",
  red: "31",
  green: "32",
  yellow: "33",
  cyan: "36",
} as const;

/** Colours and weights of text on a terminal. */
export type Style = keyof typeof CODES;

/** Puts text in a style. */
export type Paint = (style: Style, text: string) => string;

/**
 * Paints for one of the two streams: only on a terminal, and not if NO_COLOR
 * is set to anything (https://no-color.org).
 */
export function painter(io: Io, stream: "stdout" | "stderr"): Paint {
  if (!isColored(io, stream)) return (_style, text) => text;
  return (style, text) => `\x1b[${CODES[style]}m${text}\x1b[0m`;
}

/** Whether a stream may carry colours. */
export function isColored(io: Io, stream: "stdout" | "stderr"): boolean {
  return io.isTerminal[stream] && !io.env("NO_COLOR");
}
