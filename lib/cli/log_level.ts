import { LOG_LEVELS, type LogLevel } from "../telemetry/mod.ts";
import { UsageError } from "./command.ts";

/**
 * Reads a level of the log.
 *
 * @param what Where it stands, for example `Option --log-level`.
 * @throws {UsageError} If it is none.
 */
export function readLogLevel(text: string, what: string): LogLevel {
  const level = LOG_LEVELS.find((candidate) => candidate === text);
  if (level) return level;
  throw new UsageError(
    `${what} expects error, warn, info or debug, got: ${text}`,
  );
}
