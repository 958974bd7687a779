import type { Router } from "../router/mod.ts";
import type { Handover } from "./handover.ts";
import type { RemoteRequests } from "./requests.ts";

/** Tells of agents that are there, come and go; returns its end. */
export function watchAgents(
  router: Router,
  { handover, requests }: {
    readonly handover: Handover;
    readonly requests: RemoteRequests;
  },
): () => void {
  const end = router.observe({
    registered: (module) => {
      if (module.agent) handover.attached(module);
    },
    unregistered: (module) => {
      if (!module.agent) return;
      requests.left(module.name);
      handover.detached(module);
    },
    handed: (module, revision) => handover.handed(module, revision),
  });
  for (const module of router.modules()) {
    if (module.agent) handover.attached(module);
  }
  return end;
}
