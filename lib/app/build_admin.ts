import { AdminServer, LiveStreams } from "../admin/mod.ts";
import type { Ingredients } from "./build.ts";
import { flowStreams, flowViews } from "./flow_views.ts";
import { PageFeed } from "./page_feed.ts";
import type { Housekeeping } from "./housekeeping.ts";

/** Builds the operator's socket. */
export function buildAdmin(
  from: Ingredients,
  housekeeping: Housekeeping,
): AdminServer {
  const { health, metrics, status, views, actions, config, clock } = from;
  const log = from.log.child("admin");
  const { flow } = from;
  const { reader } = flow;
  return new AdminServer({
    clock,
    log,
    sources: {
      health: () => {
        housekeeping.look();
        return health.report();
      },
      metrics: () => metrics.render(),
      status,
      views: { ...views, ...flowViews(reader, clock) },
      live: new LiveStreams({
        ...flowStreams(reader, clock),
        "/events": new PageFeed({ status, flow, clock }),
      }, log),
      actions,
    },
  }, { socket: config.admin.socket });
}
