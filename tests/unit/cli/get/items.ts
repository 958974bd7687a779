import type { ObjectItem } from "../../../../lib/app/mod.ts";

/** A stored object as the node's pages give it. */
export function item(
  type: string,
  name: string,
  value: unknown,
  more: Partial<ObjectItem> = {},
): ObjectItem {
  return {
    key: `default/${type}/${name}`,
    type,
    namespace: "default",
    name,
    value: typeof value === "string" ? value : JSON.stringify(value),
    uid: "",
    version: "7",
    created: "",
    source: "edgecontroller",
    revision: 42,
    ...more,
  };
}
