import type { KeySpec } from "./key_spec.ts";
import { SCHEMA } from "./schema.ts";

/** A key of the configuration, for whoever helps to type it. */
export interface Setting {
  /** Its dotted path. */
  readonly key: string;
  /** What it is for. */
  readonly doc: string;
  /** All values that it may have; empty if they are not to be listed. */
  readonly values: readonly string[];
}

/** All keys, in the order of the schema. */
export function settings(): readonly Setting[] {
  const entries = Object.entries(SCHEMA) as [string, KeySpec][];
  return entries.map(([key, spec]) => {
    const { doc } = spec;
    switch (spec.type) {
      case "enum":
        return { key, doc, values: spec.values };
      case "boolean":
        return { key, doc, values: ["true", "false"] };
      default:
        return { key, doc, values: [] };
    }
  });
}
