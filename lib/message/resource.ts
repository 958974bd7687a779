import { LIMITS } from "../base/mod.ts";

/** The parts of `<namespace>/<type>[/<name>]`. */
export interface ResourceKey {
  /** The whole string: the key in the store. */
  readonly resKey: string;
  /** Namespace, `null` for cluster-scoped objects. */
  readonly namespace: string;
  /** Resource type, for example `pod`. */
  readonly resType: string;
  /** Name; empty when the resource names all of a type. */
  readonly resId: string;
}

// deno-lint-ignore no-control-regex -- control characters are what it finds
const CONTROL_REGEXP = /[\u0000-\u001f\u007f]/;

/**
 * Reads a resource of the groups that name Kubernetes objects (wire
 * document, 6). One with the prefix `node/<id>/`, which CloudHub adds and
 * strips, has too many parts; a namespace may be called `node`.
 *
 * @returns `undefined` if it does not have two or three non-empty parts, is
 *   too long or holds control characters.
 */
export function parseResource(resource: string): ResourceKey | undefined {
  if (resource.length > LIMITS.resourceLengthMax) return undefined;
  if (CONTROL_REGEXP.test(resource)) return undefined;
  const first = resource.indexOf("/");
  if (first <= 0) return undefined;
  const second = resource.indexOf("/", first + 1);
  const namespace = resource.slice(0, first);
  const resType = second < 0
    ? resource.slice(first + 1)
    : resource.slice(first + 1, second);
  const resId = second < 0 ? "" : resource.slice(second + 1);
  if (resType === "" || (second >= 0 && resId === "")) return undefined;
  if (resId.includes("/")) return undefined;
  return { resKey: resource, namespace, resType, resId };
}

/** Builds a resource; without a name it means all of a type. */
export function resourceOf(
  namespace: string,
  resType: string,
  resId = "",
): string {
  return resId ? `${namespace}/${resType}/${resId}` : `${namespace}/${resType}`;
}
