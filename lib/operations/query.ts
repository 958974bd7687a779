import { isRecord } from "../base/mod.ts";
import { ResourceType } from "../message/mod.ts";
import type { MetaRow, StoreTransaction } from "../store/mod.ts";
import type { Context, Operate } from "./context.ts";
import { tokenKey } from "./keys.ts";
import { answerFromStore, isClusterCa } from "./local.ts";
import type { Outcome } from "./outcome.ts";
import { askCloud } from "./remote.ts";
import { type Subject, subjectOf } from "./write.ts";

/** A token is asked for again once this much of its life is left (KubeEdge). */
const TOKEN_LIFE_LEFT_MIN = 0.2;
/** Age at which a token is asked for again, in milliseconds (KubeEdge). */
const TOKEN_AGE_MS_MAX = 24 * 3600 * 1000;

/**
 * Query from an agent. Local types come from the store. Remote types are
 * asked for while connected, unless the cloud has vouched for the row since
 * this connect: its acked answer subscribed the node to every later change.
 */
export const query: Operate = (message, tx, context): Outcome => {
  const subject = subjectOf(message, context);
  if (!isRemote(subject, context)) {
    return answerFromStore(message, tx, context, "local");
  }
  if (!context.connected) return askCloud(message, tx, context);
  return isFresh(message.content, subject, tx, context)
    ? answerFromStore(message, tx, context, "local")
    : askCloud(message, tx, context);
};

/** Lists are never asked for: CloudCore answers no query without a name. */
function isRemote(subject: Subject, context: Context): boolean {
  const { resource } = subject;
  if (isClusterCa(resource)) return true;
  return resource.resId !== "" && context.remoteTypes.has(resource.resType);
}

function isFresh(
  content: unknown,
  subject: Subject,
  tx: StoreTransaction,
  context: Context,
): boolean {
  if (!subject.policy.stored) return false;
  if (subject.resource.resType === ResourceType.serviceaccounttoken) {
    const token = tx.get(tokenKey(subject.resource, content));
    return token !== undefined && isTokenFresh(token, context.now());
  }
  return context.isConfirmed(subject.key) && tx.get(subject.key) !== undefined;
}

/** Whether a stored token need not be asked for again yet. */
export function isTokenFresh(row: MetaRow, nowMs: number): boolean {
  let token: unknown;
  try {
    token = JSON.parse(row.value);
  } catch {
    // A damaged token is asked for again.
    return false;
  }
  const { spec, status } = isRecord(token) ? token : {};
  if (!isRecord(spec) || !isRecord(status)) return false;
  const expiresMs = Date.parse(String(status.expirationTimestamp));
  const lifeMs = Number(spec.expirationSeconds) * 1000;
  if (Number.isNaN(expiresMs) || !(lifeMs > 0)) return false;
  const ageMs = nowMs - (expiresMs - lifeMs);
  return expiresMs - nowMs > lifeMs * TOKEN_LIFE_LEFT_MIN &&
    ageMs < TOKEN_AGE_MS_MAX;
}
