import { isRecord } from "../base/mod.ts";
import { ResourceType } from "../message/mod.ts";
import { VOLATILE_METADATA } from "./delta.ts";

/** Characters of a text that count beside its length: the last ones. */
const TEXT_LENGTH = 24;

/**
 * A number that is the same for all contents that `sameContent` calls the
 * same, in whatever order their fields stand. Two contents with different
 * digests differ, so the stored one need not be read; equal ones have to be
 * compared. It holds for one run of the program and is not stored.
 *
 * @returns 30 bits with a sign, which V8 keeps without a box; `undefined` for
 *   what is compared in other ways: texts, and Nodes with their heartbeats.
 */
export function contentDigest(
  content: unknown,
  resType: string,
): number | undefined {
  if (resType === ResourceType.node || !isRecord(content)) return undefined;
  let sum = 0;
  for (const key in content) {
    const value = content[key];
    const part = key === "metadata" && isRecord(value)
      ? ofFields(value, VOLATILE_METADATA)
      : ofValue(value);
    sum = (sum + Math.imul(ofText(key), part)) | 0;
  }
  return sum >> 2;
}

function ofFields(
  fields: Record<string, unknown>,
  ignored?: ReadonlySet<string>,
): number {
  let sum = 1;
  for (const key in fields) {
    if (ignored?.has(key)) continue;
    // A sum, so that the order of the fields does not matter.
    sum = (sum + Math.imul(ofText(key), ofValue(fields[key]))) | 0;
  }
  return sum;
}

/** Of a value of JSON: there is no other in a content. */
function ofValue(value: unknown): number {
  if (typeof value === "string") return ofText(value);
  // Zero and minus zero are the same, and both come to 3.
  if (typeof value === "number") return (value * 4096) | 3;
  if (typeof value === "boolean") return value ? 7 : 11;
  if (value === null) return 5;
  if (!Array.isArray(value)) return ofFields(value as Record<string, unknown>);
  let sum = 13;
  for (const item of value) sum = (Math.imul(sum, 31) + ofValue(item)) | 0;
  return sum;
}

function ofText(text: string): number {
  const { length } = text;
  let sum = length | 1;
  for (let i = Math.max(0, length - TEXT_LENGTH); i < length; i++) {
    sum = Math.imul(sum ^ text.charCodeAt(i), 16777619);
  }
  return sum;
}
