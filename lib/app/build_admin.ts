import {
  AdminServer,
  type AdminSources,
  ReadOnlyListener,
} from "../admin/mod.ts";
import type { Component } from "../base/mod.ts";
import type { Ingredients } from "./build.ts";
import type { Housekeeping } from "./housekeeping.ts";
import { logViews } from "./log_views.ts";
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
  const sources = sourcesOf(from, { housekeeping, levels });
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
  { housekeeping, levels }: {
    readonly housekeeping: Housekeeping;
    readonly levels: LogLevels;
  },
): AdminSources {
  const { health, metrics, status, views, actions, store } = from;
  return {
    health: () => {
      housekeeping.look();
      return health.report();
    },
    metrics: () => metrics.render(),
    status,
    views: {
      ...views,
      ...logLevelViews(levels),
      ...logViews(from.log),
      ...objectViews({
        view: store.view,
        mark: () => `revision ${store.revision()}`,
        nowMs: () => from.clock.now(),
      }),
    },
    actions: {
      ...actions,
      ...logLevelActions(levels),
      ...storeActions(store),
    },
  };
}
