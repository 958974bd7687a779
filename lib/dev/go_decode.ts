import { isRecord } from "../base/mod.ts";
import type { Message } from "../message/mod.ts";

const STRINGS = {
  header: ["msg_id", "parent_msg_id", "resourceversion", "type"],
  route: ["source", "destination", "group", "operation", "resource"],
} as const;

/**
 * Reads a frame as Go does (wire document, 1): unknown fields are ignored,
 * missing ones are empty, a value of the wrong type is an error.
 *
 * @returns `undefined` for a frame that makes CloudHub close the connection.
 */
export function goDecode(text: string): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Go's read error, too, says no more than that.
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const header = value.header ?? {};
  const route = value.route ?? {};
  if (!isRecord(header) || !isRecord(route)) return undefined;
  if (!areStrings(header, STRINGS.header)) return undefined;
  if (!areStrings(route, STRINGS.route)) return undefined;
  const { timestamp = 0 } = header;
  if (typeof timestamp !== "number" || !Number.isInteger(timestamp)) {
    return undefined;
  }
  return {
    header: { ...header, msg_id: String(header.msg_id ?? ""), timestamp },
    route: {
      ...route,
      operation: String(route.operation ?? ""),
      resource: String(route.resource ?? ""),
    },
    content: value.content ?? null,
  };
}

function areStrings(
  record: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): boolean {
  return fields.every((field) => {
    const value = record[field];
    return value === undefined || value === null || typeof value === "string";
  });
}
