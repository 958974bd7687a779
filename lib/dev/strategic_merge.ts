import { isRecord } from "../base/mod.ts";

/** Lists that Kubernetes merges by a key; all others are replaced whole. */
const MERGE_KEYS: ReadonlyMap<string, string> = new Map([
  ["conditions", "type"],
  ["addresses", "type"],
  ["podIPs", "ip"],
  ["hostIPs", "ip"],
  ["containers", "name"],
  ["initContainers", "name"],
  ["volumes", "name"],
  ["env", "name"],
  ["ownerReferences", "uid"],
]);

/**
 * Applies a strategic merge patch, as far as statuses and pods need it:
 * objects are merged, `null` removes, lists with a merge key are merged by it,
 * and the directives `$patch: delete`, `$patch: replace` and
 * `$setElementOrder` are obeyed. Neither argument is changed.
 *
 * @returns The new value.
 */
export function strategicMerge(
  target: Readonly<Record<string, unknown>>,
  patch: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  if (patch.$patch === "replace") return withoutDirectives(patch);
  const result: Record<string, unknown> = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith("$")) continue;
    if (value === null) {
      delete result[name];
    } else if (isRecord(value)) {
      const old = result[name];
      result[name] = strategicMerge(isRecord(old) ? old : {}, value);
    } else if (Array.isArray(value)) {
      result[name] = mergeList(result[name], value, name);
    } else {
      result[name] = value;
    }
  }
  for (const [name, order] of Object.entries(patch)) {
    const list = name.startsWith("$setElementOrder/")
      ? name.slice("$setElementOrder/".length)
      : "";
    const key = MERGE_KEYS.get(list);
    if (key && Array.isArray(order) && Array.isArray(result[list])) {
      result[list] = inOrder(result[list], order, key);
    }
  }
  return result;
}

function mergeList(
  old: unknown,
  patch: readonly unknown[],
  name: string,
): unknown[] {
  const key = MERGE_KEYS.get(name);
  if (!key || !Array.isArray(old) || !patch.every(isRecord)) {
    return patch.filter((item) => !isRecord(item) || item.$patch !== "delete");
  }
  if (patch.some((item) => item.$patch === "replace")) {
    return patch.filter((item) => item.$patch !== "replace");
  }
  const result: unknown[] = [...old];
  for (const item of patch) {
    const at = result.findIndex((entry) =>
      isRecord(entry) && entry[key] === item[key]
    );
    const found = result[at];
    if (item.$patch === "delete") {
      if (at >= 0) result.splice(at, 1);
    } else if (isRecord(found)) {
      result[at] = strategicMerge(found, item);
    } else {
      result.push(withoutDirectives(item));
    }
  }
  return result;
}

/** Items that the order names come first, as it says; others stay behind them. */
function inOrder(
  list: readonly unknown[],
  order: readonly unknown[],
  key: string,
): unknown[] {
  const rank = (item: unknown) => {
    const at = order.findIndex((entry) =>
      isRecord(entry) && isRecord(item) && entry[key] === item[key]
    );
    return at < 0 ? order.length : at;
  };
  return list.toSorted((a, b) => rank(a) - rank(b));
}

function withoutDirectives(
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => !name.startsWith("$")),
  );
}
