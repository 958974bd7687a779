import {
  AdminServer,
  type AdminSources,
  ReadOnlyListener,
} from "../admin/mod.ts";
import type { Component } from "../base/mod.ts";
import type { Ingredients } from "./build.ts";
import type { Housekeeping } from "./housekeeping.ts";

/** Builds the operator's socket and the port that only reads, as configured. */
export function buildAdmin(
  from: Ingredients,
  housekeeping: Housekeeping,
): Component[] {
  const { clock } = from;
  const { socket, listen, tokenFile } = from.config.admin;
  const log = from.log.child("admin");
  const parts = { clock, log, sources: sourcesOf(from, housekeeping) };
  const built: Component[] = [];
  if (socket) built.push(new AdminServer(parts, { socket }));
  if (listen) {
    built.push(new ReadOnlyListener(parts, { ...listen, tokenFile }));
  }
  return built;
}

function sourcesOf(
  { health, metrics, status, views, actions }: Ingredients,
  housekeeping: Housekeeping,
): AdminSources {
  return {
    health: () => {
      housekeeping.look();
      return health.report();
    },
    metrics: () => metrics.render(),
    status,
    views,
    actions,
  };
}
