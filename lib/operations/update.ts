import type { Operate } from "./context.ts";
import { askCloud } from "./remote.ts";
import { passToCloud, reportToCloud } from "./report.ts";
import { subjectOf, writeFromCloud } from "./write.ts";

/**
 * Update. From the cloud: as insert. From an agent: without a change answered
 * at once; a change is stored, put in the outbox and answered; a lease is a
 * request that the cloud answers; an event is passed on.
 */
export const update: Operate = (message, tx, context) => {
  if (context.origin === "cloud") return writeFromCloud(message, tx, context);
  const subject = subjectOf(message, context);
  if (subject.policy.remote) return askCloud(message, tx, context);
  return subject.policy.stored
    ? reportToCloud(message, tx, context)
    : passToCloud(message, tx, context);
};
