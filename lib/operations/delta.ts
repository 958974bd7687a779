import { isRecord } from "../base/mod.ts";
import { ResourceType } from "../message/mod.ts";

/** Fields of `metadata` that change without the object changing. */
export const VOLATILE_METADATA: ReadonlySet<string> = new Set([
  "resourceVersion",
  "generation",
  "managedFields",
]);

/** Fields of a Node's condition that every heartbeat renews. */
const HEARTBEAT_FIELDS: ReadonlySet<string> = new Set(["lastHeartbeatTime"]);

const NONE: ReadonlySet<string> = new Set();

/**
 * Tells whether two contents say the same: compared as JSON values, without
 * the fields that change with every write and, for a Node, its heartbeats.
 *
 * @param stored The value of the stored row.
 * @param content The new content.
 */
export function sameContent(
  stored: string,
  content: unknown,
  resType: string,
): boolean {
  if (typeof content === "string") return stored === content;
  let old: unknown;
  try {
    old = JSON.parse(stored);
  } catch {
    // A damaged row equals nothing, so the new content replaces it.
    return false;
  }
  if (!isRecord(old) || !isRecord(content)) return same(old, content, NONE);
  return sameFields(old, content, (key, a, b) => {
    if (key === "metadata") return same(a, b, VOLATILE_METADATA);
    if (key === "status" && resType === ResourceType.node) {
      return sameNodeStatus(a, b);
    }
    return same(a, b, NONE);
  }, NONE);
}

function sameNodeStatus(a: unknown, b: unknown): boolean {
  if (!isRecord(a) || !isRecord(b)) return same(a, b, NONE);
  return sameFields(a, b, (key, x, y) => {
    if (key !== "conditions" || !Array.isArray(x) || !Array.isArray(y)) {
      return same(x, y, NONE);
    }
    return x.length === y.length &&
      x.every((item, i) => same(item, y[i], HEARTBEAT_FIELDS));
  }, NONE);
}

/** Deep equality; `ignored` names fields of the outermost object only. */
function same(a: unknown, b: unknown, ignored: ReadonlySet<string>): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length &&
      a.every((item, i) => same(item, b[i], NONE));
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  return sameFields(a, b, (_, x, y) => same(x, y, NONE), ignored);
}

function sameFields(
  a: Record<string, unknown>,
  b: Record<string, unknown>,
  equal: (key: string, x: unknown, y: unknown) => boolean,
  ignored: ReadonlySet<string>,
): boolean {
  for (const key in a) {
    if (ignored.has(key)) continue;
    if (!Object.hasOwn(b, key) || !equal(key, a[key], b[key])) return false;
  }
  for (const key in b) {
    if (!ignored.has(key) && !Object.hasOwn(a, key)) return false;
  }
  return true;
}
