import { AdminServer } from "../admin/mod.ts";
import type { Ingredients } from "./build.ts";
import type { Housekeeping } from "./housekeeping.ts";
import { objectViews } from "./object_views.ts";
import { storeActions } from "./store_actions.ts";

/** Builds the operator's socket. */
export function buildAdmin(
  from: Ingredients,
  housekeeping: Housekeeping,
): AdminServer {
  const { log, health, metrics, status, config, store } = from;
  const actions = { ...from.actions, ...storeActions(store) };
  const views = {
    ...from.views,
    ...objectViews({
      view: store.view,
      mark: () => `revision ${store.revision()}`,
      nowMs: () => from.clock.now(),
    }),
  };
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
      views,
      actions,
    },
  }, { socket: config.admin.socket });
}
