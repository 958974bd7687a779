import { isRecord } from "../base/mod.ts";
import type { Context } from "./context.ts";

/**
 * Whether a stored pod belongs to this node: pods of others lie in the store
 * because somebody watches them. A damaged row counts as ours.
 */
export function isOwnPod(
  value: string,
  { nodeId }: Pick<Context, "nodeId">,
): boolean {
  let pod: unknown;
  try {
    pod = JSON.parse(value);
  } catch {
    // Nobody else would clear it away.
    return true;
  }
  return isRecord(pod) && isRecord(pod.spec) && pod.spec.nodeName === nodeId;
}
