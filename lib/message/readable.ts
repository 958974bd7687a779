import { isRecord, LIMITS } from "../base/mod.ts";
import type { MessageFault } from "./fault.ts";

/** What of a message a fault tells: enough to answer it and to find it. */
export type ReadableParts = Pick<
  MessageFault,
  "msgId" | "resource" | "operation" | "source" | "group"
>;

/** Characters of a frame in which its header and route are looked for. */
const HEAD_LENGTH = 8192;
/** Header and route as every Go peer writes them: first, in this order, flat. */
const HEAD_REGEXP =
  /^\s*\{\s*"header"\s*:\s*(\{[^{}]*\})\s*,\s*"route"\s*:\s*(\{[^{}]*\})/;
/** Longest piece of a peer's text that a fault quotes. */
const QUOTE_LENGTH = 200;

/** The id and route of a message, as far as they can be read. */
export function readableParts(
  value: { readonly header?: unknown; readonly route?: unknown },
): ReadableParts {
  const header = isRecord(value.header) ? value.header : {};
  const route = isRecord(value.route) ? value.route : {};
  const found = {
    msgId: readable(header.msg_id),
    resource: readable(route.resource),
    operation: readable(route.operation),
    source: readable(route.source),
    group: readable(route.group),
  };
  return Object.fromEntries(
    Object.entries(found).filter(([, part]) => part !== undefined),
  );
}

/**
 * The id and route of a frame that cannot be parsed, or is too large to be.
 * Without them it could not be answered, and the cloud would repeat it for
 * ever.
 */
export function readableHead(text: string): ReadableParts {
  const found = HEAD_REGEXP.exec(text.slice(0, HEAD_LENGTH));
  if (!found) return {};
  const [, header = "", route = ""] = found;
  try {
    return readableParts({
      header: JSON.parse(header),
      route: JSON.parse(route),
    });
  } catch {
    // What is wrong with the frame is wrong within its head.
    return {};
  }
}

/** A piece of a peer's text, short and valid, for the text of a fault. */
export function quote(text: string): string {
  return text.length <= QUOTE_LENGTH
    ? text.toWellFormed()
    : `${text.slice(0, QUOTE_LENGTH).toWellFormed()}...`;
}

function readable(field: unknown): string | undefined {
  return typeof field === "string" && field !== "" && field.isWellFormed() &&
      field.length <= LIMITS.resourceLengthMax
    ? field
    : undefined;
}
