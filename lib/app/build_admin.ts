import { AdminServer } from "../admin/mod.ts";
import type { Ingredients } from "./build.ts";
import type { Housekeeping } from "./housekeeping.ts";
import { logViews } from "./log_views.ts";

/** Builds the operator's socket. */
export function buildAdmin(
  from: Ingredients,
  housekeeping: Housekeeping,
): AdminServer {
  const { log, health, metrics, status, views, actions, config } = from;
  return new AdminServer({
    clock: from.clock,
    log: log.child("admin"),
    sources: {
      health: () => {
        housekeeping.look();
        return health.report();
      },
      metrics: () => metrics.render(),
      status,
      views: { ...views, ...logViews(log) },
      actions,
    },
  }, { socket: config.admin.socket });
}
