import type { Operate } from "./context.ts";
import { passToCloud, reportToCloud } from "./report.ts";
import { askCloud } from "./remote.ts";
import { subjectOf, writeFromCloud } from "./write.ts";

/**
 * Insert. From the cloud: store, tell the agents, answer the cloud. From an
 * agent: a request that the cloud answers (register a node, a lease, a mirror
 * pod, a certificate request); an event is passed on.
 */
export const insert: Operate = (message, tx, context) => {
  if (context.origin === "cloud") return writeFromCloud(message, tx, context);
  const subject = subjectOf(message, context);
  if (subject.policy.remote) return askCloud(message, tx, context);
  return subject.policy.stored
    ? reportToCloud(message, tx, context)
    : passToCloud(message, tx, context);
};
