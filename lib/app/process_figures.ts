import process from "node:process";
import { getHeapStatistics } from "node:v8";
import manifest from "../../deno.json" with { type: "json" };
import { sqliteVersion } from "../store/mod.ts";
import {
  type Health,
  type HealthState,
  LOG_LEVELS,
  type LogCounts,
  type Metrics,
} from "../telemetry/mod.ts";

/** What the figures of the process are read from. */
export interface ProcessSources {
  /** Checks and loops. */
  readonly health: Health;
  /** What was logged. */
  readonly log: { readonly counts: LogCounts };
}

const STATES: readonly HealthState[] = ["ok", "degraded", "failed"];

/** Registers what is to be said of the process as a whole. */
export function registerProcessFigures(
  metrics: Metrics,
  sources: ProcessSources,
): void {
  registerProcess(metrics);
  registerHealth(metrics, sources.health);
  registerLog(metrics, sources.log);
}

/** In the words of every exporter: `process_...`. */
function registerProcess(metrics: Metrics): void {
  metrics.gaugeFamily("metamanager_build_info", {
    help: "Always 1; the labels say what runs",
    labels: ["version", "deno", "sqlite", "target"],
    read: () => {
      const { version } = manifest;
      const { target } = Deno.build;
      return [[[version, Deno.version.deno, sqliteVersion(), target], 1]];
    },
  });
  metrics.gauge(
    "process_start_time_seconds",
    "When the process started, since 1970",
    () => performance.timeOrigin / 1000,
  );
  metrics.gauge(
    "process_resident_memory_bytes",
    "Memory that the process holds",
    () => Deno.memoryUsage().rss,
  );
  metrics.gauge(
    "metamanager_heap_bytes",
    "Bytes of the JavaScript heap in use",
    () => Deno.memoryUsage().heapUsed,
  );
  metrics.gauge(
    "metamanager_heap_limit_bytes",
    "Bytes at which the process would end for want of heap",
    () => getHeapStatistics().heap_size_limit,
  );
  metrics.counterReader("process_cpu_seconds_total", {
    help: "Time that the process has computed",
    labels: [],
    read: () => {
      const { user, system } = process.cpuUsage();
      return [[[], (user + system) / 1e6]];
    },
  });
}

function registerHealth(metrics: Metrics, health: Health): void {
  metrics.gaugeFamily("metamanager_health_check", {
    help: "1 for the state that a check is in",
    labels: ["check", "state"],
    read: () =>
      health.report().checks.flatMap(({ name, state: now }) =>
        STATES.map((state) => [[name, state], state === now ? 1 : 0] as const)
      ),
  });
  metrics.gaugeFamily("metamanager_loop_stalled", {
    help: "1 while a loop makes no progress on waiting work",
    labels: ["loop"],
    read: () => {
      const stalled = new Set(health.stalled());
      return health.loops.map((loop) => [[loop], stalled.has(loop) ? 1 : 0]);
    },
  });
}

function registerLog(metrics: Metrics, log: ProcessSources["log"]): void {
  metrics.counterReader("metamanager_log_lines_total", {
    help: "Lines to log at the levels that are logged, folded ones too",
    labels: ["level"],
    read: () => {
      const { lines } = log.counts;
      return LOG_LEVELS.map((level) => [[level], lines[level]]);
    },
  });
  metrics.counterReader("metamanager_log_lines_lost_total", {
    help: "Lines that standard error did not take",
    labels: [],
    read: () => [[[], log.counts.lost]],
  });
}
