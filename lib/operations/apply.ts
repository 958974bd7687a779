import {
  compareVersions,
  type Message,
  PermanentFault,
  ResourceType,
  textComplaint,
} from "../message/mod.ts";
import type { MetaHead, StoreTransaction } from "../store/mod.ts";
import { contentDigest } from "./content_digest.ts";
import { sameContent } from "./delta.ts";
import { statusKeyOf } from "./pod_status.ts";
import { withKind } from "./keys.ts";
import { type Identity, identityOf } from "./version.ts";

/** What writing an object came to. */
export type Applied =
  /** Nothing was to do: a duplicate, or equal content. */
  | { readonly kind: "unchanged" }
  /** Only the version rose; it is written with the next commit. */
  | { readonly kind: "raised" }
  /** What is stored, or was deleted, is newer. */
  | { readonly kind: "stale" }
  /** Stored. */
  | {
    readonly kind: "stored";
    /** Nothing was stored under its key. */
    readonly isNew: boolean;
    readonly revision: number;
    readonly content: unknown;
  }
  /** Stored in place of another object of the same name, which is gone. */
  | {
    readonly kind: "recreated";
    readonly removedRevision: number;
    readonly old: MetaHead;
    readonly revision: number;
    readonly content: unknown;
  };

/** Where and how an object is written. */
export interface Target {
  /** Key in the store. */
  readonly key: string;
  /** Resource type. */
  readonly type: string;
  /** An equal version wins too: agents change what they read. @default false */
  readonly equalWins?: boolean;
  /** Store revision at which the sender was asked; deletes up to it do not count. */
  readonly askedAtRevision?: number;
  /** The object, if it is not the whole content of the message. */
  readonly content?: unknown;
  /**
   * A stored row keeps the source that it has: an agent's change makes the
   * object no agent's, and replays go by the source. @default false
   */
  readonly keepSource?: boolean;
  /** Uid to note instead of the object's own. */
  readonly uid?: string;
}

/**
 * The one version rule, for insert, update and response alike
 * (architecture.md, The store): same uid, the higher version wins; other uid,
 * the later creation wins, ties by version; without a version the message
 * wins. The loser changes nothing.
 *
 * @throws {PermanentFault} If the object's identity cannot be read, or its
 *   text would be read back as what no message may hold.
 */
export function applyObject(
  tx: StoreTransaction,
  message: Message,
  target: Target,
): Applied {
  const raw = target.content === undefined ? message.content : target.content;
  const complaint = typeof raw === "string" ? textComplaint(raw) : undefined;
  if (complaint) throw new PermanentFault(complaint.kind, complaint.text);
  const found = identityOf(
    target.content === undefined ? message : { ...message, content: raw },
  );
  const identity = target.uid === undefined
    ? found
    : { ...found, uid: target.uid };
  const row = tx.head(target.key);
  if (!row) {
    if (isBuried(tx, target, identity)) return { kind: "stale" };
    const content = withKind(raw, target.type);
    return { kind: "stored", isNew: true, content, revision: put(content) };
  }
  if (isOther(row.uid, identity.uid)) {
    if (!isLater(row, identity)) return { kind: "stale" };
    const content = withKind(raw, target.type);
    const removedRevision = tx.remove(target.key) ?? tx.revision();
    if (target.type === ResourceType.pod) forgetPod(tx, row);
    const revision = put(content);
    return { kind: "recreated", removedRevision, old: row, revision, content };
  }
  const order = row.version && identity.version
    ? compareVersions(identity.version, row.version)
    : 1;
  if (order < 0) return { kind: "stale" };
  if (order === 0 && !target.equalWins) return { kind: "unchanged" };
  const value = () => row.value ?? tx.get(target.key)?.value ?? "";
  const content = withKind(raw, target.type, value);
  const digest = contentDigest(content, target.type);
  const mayBeSame = digest === undefined || row.digest === undefined ||
    digest === row.digest;
  if (mayBeSame && sameContent(value(), content, target.type)) {
    if (!identity.version || identity.version === row.version) {
      return { kind: "unchanged" };
    }
    tx.raise(target.key, identity.version, valueOf(content));
    return { kind: "raised" };
  }
  const revision = put(content, row, digest);
  return { kind: "stored", isNew: false, content, revision };

  function put(
    content: unknown,
    old?: MetaHead,
    digest = contentDigest(content, target.type),
  ): number {
    return tx.put({
      key: target.key,
      type: target.type,
      value: valueOf(content),
      uid: identity.uid || (old?.uid ?? ""),
      version: identity.version || (old?.version ?? ""),
      created: identity.created || (old?.created ?? ""),
      source: target.keepSource && row
        ? row.source
        : message.route.source ?? "",
      digest,
    });
  }
}

/**
 * Removes what belongs to a pod that is gone: its status, its tokens, its
 * reports. A report sent later would make CloudCore delete whatever pod has
 * the name by then.
 */
export function forgetPod(
  tx: StoreTransaction,
  pod: Pick<MetaHead, "key" | "uid">,
): void {
  const status = statusKeyOf(pod.key);
  tx.drop(status);
  tx.dropOutbox(status);
  tx.dropOutbox(pod.key);
  if (!pod.uid) return;
  for (const token of tx.list(ResourceType.serviceaccounttoken)) {
    if (token.uid === pod.uid) tx.drop(token.key);
  }
}

/** The text that is stored for a content: strings as they are, else JSON. */
export function valueOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}

/** Both have a uid, and not the same one. */
function isOther(stored: string, incoming: string): boolean {
  return stored !== "" && incoming !== "" && stored !== incoming;
}

/**
 * The object was deleted and this is no newer version of it. A delete that
 * happened before the sender was asked says nothing about its answer.
 */
function isBuried(
  tx: StoreTransaction,
  target: Target,
  identity: Identity,
): boolean {
  const tombstone = tx.tombstone(target.key, identity.uid);
  if (!tombstone || !identity.version || !tombstone.version) return false;
  if (tombstone.revision <= (target.askedAtRevision ?? 0)) return false;
  return compareVersions(identity.version, tombstone.version) <= 0;
}

/** Whether an object with another uid came after the stored one. */
function isLater(row: MetaHead, incoming: Identity): boolean {
  const stored = Date.parse(row.created);
  const created = Date.parse(incoming.created);
  if (stored !== created && !Number.isNaN(stored) && !Number.isNaN(created)) {
    return created > stored;
  }
  if (!row.version || !incoming.version) return true;
  return compareVersions(incoming.version, row.version) > 0;
}
