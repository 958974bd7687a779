import { fstatSync } from "node:fs";
import type { Clock } from "../base/mod.ts";
import type { Config } from "../config/mod.ts";
import { Logger } from "../telemetry/mod.ts";
import type { Io } from "./io.ts";
import { isColored } from "./style.ts";

/** Number of standard error. */
const STDERR = 2;

/** The log of a node that runs as this process. */
export function nodeLog(io: Io, clock: Clock, config: Config["log"]): Logger {
  const { level, format } = config;
  const journald = config.journald === "always" ||
    (config.journald === "auto" &&
      isJournal(io.env("JOURNAL_STREAM"), stderrFile()));
  const color = isColored(io, "stderr");
  return new Logger("node", { clock, level, format, color, journald });
}

/**
 * Whether a file is the journal's, by what systemd put into the environment:
 * device and inode of the stream (systemd.exec(5)). The variable alone says
 * nothing, since a child may have its standard error elsewhere.
 */
export function isJournal(
  stream: string | undefined,
  file: string | undefined,
): boolean {
  return stream !== undefined && stream !== "" && stream === file;
}

/** Device and inode of standard error; `undefined` if it is closed. */
export function stderrFile(): string | undefined {
  try {
    const { dev, ino } = fstatSync(STDERR, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    // It is closed, or not to be asked: then nothing is lost by plain lines.
    return undefined;
  }
}
