import type { Router } from "../router/mod.ts";
import type { Handover } from "./handover.ts";

/** Tells the handover of agents that are there, come and go; returns its end. */
export function watchAgents(router: Router, handover: Handover): () => void {
  const end = router.observe({
    registered: (module) => {
      if (module.agent) handover.attached(module);
    },
    unregistered: (module) => {
      if (module.agent) handover.detached(module);
    },
    handed: (module, revision) => handover.handed(module, revision),
  });
  for (const module of router.modules()) {
    if (module.agent) handover.attached(module);
  }
  return end;
}
