import type { Counter, Family, Metrics } from "../telemetry/mod.ts";
import { beginAtZero } from "./error_kinds.ts";

/** What is counted of the link to the cloud. */
export interface EdgehubFigures {
  /** Connections on which the cloud answered. */
  readonly connects: Counter;
  /** The same, but for the first. */
  readonly reconnects: Counter;
  /** Dials that failed and links that ended, by reason. */
  readonly downs: Family<Counter>;
  /** Frames that were refused, by kind. */
  readonly faults: Family<Counter>;
}

/** Registers the figures of the link to the cloud. */
export function edgehubFigures(metrics: Metrics): EdgehubFigures {
  return {
    connects: metrics.counter(
      "metamanager_cloud_connects_total",
      "Connections on which the cloud answered",
    ),
    reconnects: metrics.counter(
      "metamanager_cloud_reconnects_total",
      "Connections on which the cloud answered, but for the first",
    ),
    downs: beginAtZero(
      metrics.counterFamily(
        "metamanager_cloud_link_failures_total",
        "Dials that failed and links that ended, by reason",
        ["reason"],
      ),
      "link",
    ),
    faults: beginAtZero(
      metrics.counterFamily(
        "metamanager_cloud_frame_faults_total",
        "Frames from the cloud that were refused, by kind",
        ["kind"],
      ),
      "fault",
    ),
  };
}
