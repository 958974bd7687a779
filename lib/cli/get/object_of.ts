import type { ObjectItem } from "../../app/mod.ts";
import { isRecord } from "../../base/mod.ts";

/** An object as it is printed. */
export type Printed = Readonly<Record<string, unknown>>;

/** Kinds of what has no `kind` of its own. */
const KINDS: Readonly<Record<string, string>> = {
  podstatus: "PodStatusRequest",
  nodestatus: "NodeStatusRequest",
};

/**
 * The object of a stored row as Kubernetes would show it: a pod with the
 * status that its agent reported last, and what is no object of Kubernetes
 * (reports, lists, plain text) with a `kind` and a name.
 */
export function objectOf(item: ObjectItem): Printed {
  const value = parse(item.value);
  const { kind = KINDS[item.type] ?? item.type } = isRecord(value)
    ? value as { kind?: unknown }
    : {};
  if (isRecord(value) && isRecord(value.metadata)) {
    const object = "kind" in value ? value : { kind, ...value };
    return item.type === "pod" ? withStatus(object, item) : object;
  }
  const metadata = {
    name: item.name,
    ...(item.namespace === "" ? {} : { namespace: item.namespace }),
    ...(item.uid === "" ? {} : { uid: item.uid }),
  };
  if (isRecord(value)) return { kind, metadata, ...value };
  return Array.isArray(value)
    ? { kind: `${item.type}List`, metadata, items: value }
    : { kind, metadata, value };
}

/** A report of another pod of the same name says nothing of this one. */
function withStatus(pod: Printed, { status, uid }: ObjectItem): Printed {
  const report = status === undefined ? undefined : parse(status);
  if (!isRecord(report) || !isRecord(report.Status)) return pod;
  const isOther = uid !== "" && typeof report.UID === "string" &&
    report.UID !== "" && report.UID !== uid;
  return isOther ? pod : { ...pod, status: report.Status };
}

/** Text that is no JSON stands for itself. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A field below an object, `undefined` where there is none. */
export function at(object: unknown, ...path: readonly string[]): unknown {
  let value = object;
  for (const name of path) {
    value = isRecord(value) && Object.hasOwn(value, name)
      ? value[name]
      : undefined;
  }
  return value;
}

/** A field that is text, or the number as text; empty if it is neither. */
export function textAt(object: unknown, ...path: readonly string[]): string {
  const value = at(object, ...path);
  return typeof value === "string" || typeof value === "number"
    ? String(value)
    : "";
}

/** The objects of a list below an object. */
export function listAt(
  object: unknown,
  ...path: readonly string[]
): readonly Printed[] {
  const value = at(object, ...path);
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** The fields of an object below an object. */
export function fieldsAt(
  object: unknown,
  ...path: readonly string[]
): Printed {
  const value = at(object, ...path);
  return isRecord(value) ? value : {};
}
