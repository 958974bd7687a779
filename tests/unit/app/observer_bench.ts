import { Health, Logger, Metrics } from "../../../lib/telemetry/mod.ts";
import type { ObserverParts } from "../../../lib/app/observer_parts.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

/** What observers write to, and what they wrote. */
export function observerBench(): {
  parts: ObserverParts;
  lines: Record<string, unknown>[];
  /** Value of a sample, by its name with labels. */
  sample: (name: string) => number | undefined;
} {
  const clock = new VirtualClock();
  const lines: Record<string, unknown>[] = [];
  const metrics = new Metrics();
  const log = new Logger("node", {
    clock,
    level: "debug",
    format: "json",
    sink: (line) => void lines.push(JSON.parse(line)),
  });
  return {
    parts: { log, metrics, health: new Health(clock) },
    lines,
    sample: (name) => {
      const line = metrics.render().split("\n")
        .find((line) => line.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.split(" ").at(-1));
    },
  };
}
