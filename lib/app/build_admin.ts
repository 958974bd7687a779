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
import { logViews } from "./log_views.ts";
import type { Logger } from "../telemetry/mod.ts";
import { logLevelActions, LogLevels, logLevelViews } from "./log_levels.ts";
import { objectViews } from "./object_views.ts";
import { storeActions } from "./store_actions.ts";

/** Builds the operator's socket and the port that only reads, as configured. */
export function buildAdmin(
  from: Ingredients,
  housekeeping: Housekeeping,
): Component[] {
  const { clock } = from;
  const { socket, listen, tokenFile } = from.config.admin;
  const log = from.log.child("admin");
  const levels = new LogLevels(from.log, {
    clock,
    configured: () => from.live().log.level,
  });
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
  from: Ingredients,
  { housekeeping, levels, log }: {
    readonly housekeeping: Housekeeping;
    readonly levels: LogLevels;
    readonly log: Pick<Logger, "warn">;
  },
): AdminSources {
  const { health, metrics, status, views, actions, store, flow, clock } = from;
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
      ...logViews(from.log),
      ...objectViews({
        view: store.view,
        mark: () => `revision ${store.revision()}`,
        nowMs: () => clock.now(),
      }),
    },
    live: new LiveStreams({
      ...flowStreams(flow.reader, clock),
      "/events": new PageFeed({ status, flow, clock }),
    }, log),
    actions: {
      ...actions,
      ...logLevelActions(levels),
      ...storeActions(store),
    },
  };
}
