import {
  AdminServer,
  type AdminSources,
  LiveStreams,
  ReadOnlyListener,
} from "../admin/mod.ts";
import type { Component } from "../base/mod.ts";
import type { Ingredients } from "./build.ts";
import { flowStreams, flowViews } from "./flow_views.ts";
import { PageFeed } from "./page_feed.ts";
import type { Housekeeping } from "./housekeeping.ts";
import type { Logger } from "../telemetry/mod.ts";
import { logLevelActions, LogLevels, logLevelViews } from "./log_levels.ts";

/** Builds the operator's socket and the port that only reads, as configured. */
export function buildAdmin(
  from: Ingredients,
  housekeeping: Housekeeping,
): Component[] {
  const { clock } = from;
  const { socket, listen, tokenFile } = from.config.admin;
  const log = from.log.child("admin");
  const levels = new LogLevels(from.log, { clock });
  const sources = sourcesOf(from, { housekeeping, levels, log });
  const parts = { clock, log, sources };
  const built: Component[] = [levels];
  if (socket) built.push(new AdminServer(parts, { socket }));
  if (listen) {
    built.push(new ReadOnlyListener(parts, { ...listen, tokenFile }));
  }
  return built;
}

function sourcesOf(
  { health, metrics, status, views, actions, flow, clock }: Ingredients,
  { housekeeping, levels, log }: {
    readonly housekeeping: Housekeeping;
    readonly levels: LogLevels;
    readonly log: Pick<Logger, "warn">;
  },
): AdminSources {
  return {
    health: () => {
      housekeeping.look();
      return health.report();
    },
    metrics: () => metrics.render(),
    status,
    views: {
      ...views,
      ...flowViews(flow.reader, clock),
      ...logLevelViews(levels),
    },
    live: new LiveStreams({
      ...flowStreams(flow.reader, clock),
      "/events": new PageFeed({ status, flow, clock }),
    }, log),
    actions: { ...actions, ...logLevelActions(levels) },
  };
}
