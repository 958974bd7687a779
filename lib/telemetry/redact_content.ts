import { isRecord } from "../base/mod.ts";
import { isSecretName, REDACTED, redactText } from "./redact.ts";

/** Deepest nesting that is shown: an env of a container lies at six. */
const DEPTH_MAX = 12;
/** Most entries that are shown of one object or array. */
const ENTRIES_MAX = 64;
/** Longest JSON text that is shown of one content, in UTF-16 units. */
const LENGTH_MAX = 16 * 1024;

/**
 * Kinds whose contents are never shown, by the words of a resource: a secret,
 * a token, what carries the bodies of requests of any kind, and requests for
 * volumes, which carry their credentials.
 */
const CLOSED_REGEXP =
  /(?:^|[/.])(?:secrets?|serviceaccounttokens?|tokens?|tokenreviews?|application|volumes?)(?:[/.]|$)/i;

/** Kinds of objects whose contents are never shown. */
const CLOSED_KIND_REGEXP =
  /^(?:Secret|SecretList|TokenRequest|TokenReview|Application)$/;

/** Fields that carry the value of what another field names. */
const VALUE_NAMES: ReadonlySet<string> = new Set(["value", "values"]);

/** Fields whose text is a whole object or request. */
const WHOLE_REGEXP = /last-applied-configuration$|^(?:req|resp)body$/i;

/**
 * A message's content for the eyes of an operator who asked for it: JSON text
 * without secrets, bounded in length. Secrets and tokens are never shown,
 * whatever they hold.
 *
 * @param resource What the message is about.
 */
export function redactContent(content: unknown, resource: string): string {
  const text = JSON.stringify(
    isClosed(content, resource) ? REDACTED : maskedAt(content, "", 0),
  );
  if (text.length <= LENGTH_MAX) return text;
  const head = text.slice(0, LENGTH_MAX);
  return JSON.stringify(`${head}... (${text.length} characters)`);
}

function isClosed(content: unknown, resource: string): boolean {
  if (content === null) return false;
  return CLOSED_REGEXP.test(resource) || isClosedObject(content);
}

function isClosedObject(value: unknown): boolean {
  return isRecord(value) && typeof value.kind === "string" &&
    CLOSED_KIND_REGEXP.test(value.kind);
}

function maskedAt(value: unknown, name: string, depth: number): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (name !== "" && (isSecretName(name) || WHOLE_REGEXP.test(name))) {
    return REDACTED;
  }
  if (typeof value === "number") return value;
  if (typeof value === "string") return redactText(value);
  if (depth >= DEPTH_MAX) return "[deeper]";
  if (isClosedObject(value)) return REDACTED;
  if (Array.isArray(value)) return maskedList(value, depth);
  return isRecord(value) ? maskedFields(value, depth) : null;
}

function maskedList(items: readonly unknown[], depth: number): unknown[] {
  const shown = items.slice(0, ENTRIES_MAX)
    .map((item) => maskedAt(item, "", depth + 1));
  if (items.length > shown.length) {
    shown.push(`[${items.length - shown.length} more]`);
  }
  return shown;
}

/** An `env` names what it holds, and what it holds may be a password. */
function maskedFields(
  fields: Readonly<Record<string, unknown>>,
  depth: number,
): Record<string, unknown> {
  const entries = Object.entries(fields);
  const isNamed = typeof fields.name === "string";
  const shown = entries.slice(0, ENTRIES_MAX).map(([name, value]) => [
    redactText(name),
    isNamed && VALUE_NAMES.has(name) && value !== ""
      ? REDACTED
      : maskedAt(value, name, depth + 1),
  ]);
  if (entries.length > shown.length) {
    shown.push(["more", entries.length - shown.length]);
  }
  return Object.fromEntries(shown);
}
