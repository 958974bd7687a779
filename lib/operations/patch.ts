import type { Operate } from "./context.ts";
import { askCloud } from "./remote.ts";
import { passToCloud } from "./report.ts";
import { subjectOf } from "./write.ts";

/**
 * Patch from an agent (`podpatch`, `nodepatch`): a request that only the
 * cloud can carry out, never queued; a patch of an event is passed on.
 */
export const patch: Operate = (message, tx, context) =>
  subjectOf(message, context).policy.remote
    ? askCloud(message, tx, context)
    : passToCloud(message, tx, context);
