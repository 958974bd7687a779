import type { View } from "../admin/mod.ts";
import type { Logger } from "../telemetry/mod.ts";

/** The page of the last log lines, for a bug report. */
export function logViews(
  log: Pick<Logger, "recent">,
): Readonly<Record<string, View>> {
  return { "/logs": () => ({ lines: log.recent }) };
}
