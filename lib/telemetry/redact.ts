/**
 * The one place that decides what may stand in a log line, an error text or
 * a status page. Everything that leaves the node for human eyes passes here.
 *
 * @module
 */

/** What stands where a secret was. */
export const REDACTED = "[redacted]";

/** Longest string that a log value keeps, in UTF-16 units. */
const TEXT_LENGTH_MAX = 1024;
/** Deepest nesting that a log value keeps. */
const DEPTH_MAX = 5;
/** Most entries of one object or array that a log value keeps. */
const ENTRIES_MAX = 32;
/** Longest chain of causes that an error shows. */
const CAUSES_MAX = 6;

/**
 * Names of fields that are never shown, compared in lower case without `-`,
 * `_` and `.`. `content` is a message's, `data` a Secret's or ConfigMap's.
 */
const SECRET_NAME_REGEXP =
  /^(content|data|stringdata|binarydata|cookie|setcookie|auth)$|(authorization|token|tokens|password|passwd|passphrase|secret|secrets|credential|credentials|jwt|privatekey|secretkey|apikey|accesskey|keypem|keydata|tlskey|dockerconfigjson|dockercfg)$/;

/** The same names as they stand in JSON text, with any spelling of words. */
const SECRET_JSON_NAMES = "content|data|string_?data|binary_?data|auth|" +
  "[\\w.-]*(?:authorization|token|password|passwd|passphrase|secret|" +
  "credentials?|jwt|private[-_.]?key|secret[-_.]?key|api[-_.]?key|" +
  "access[-_.]?key|key[-_.]?data|tls[-_.]?key|dockerconfigjson|dockercfg)";

/**
 * Replacements for free text, in this order. Base64 forms are those of a PEM
 * block and of a JWT, as they stand in the `data` of a Secret.
 */
const TEXT_RULES: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:[^]*?-----END [A-Z0-9 ]*PRIVATE KEY-----|[^]*)/g,
    "[redacted private key]",
  ],
  [/LS0tLS1CRUdJTi[A-Za-z0-9+/=]*/g, "[redacted pem]"],
  [/\beyJ[\w-]{6,}(?:\.[\w-]*){0,4}/g, "[redacted token]"],
  [/\bZXlK[A-Za-z0-9+/=]{8,}/g, "[redacted token]"],
  [/([a-z][\w+.-]{0,20}:\/\/)[^\s/?#"']*@/gi, `$1${REDACTED}@`],
  // A password with a slash or a hash, which no parser takes for an address.
  [
    /([a-z][\w+.-]{0,20}:\/\/)[^\s/?#"'@:[\]]+:(?!\d+\/)[^\s"']*@/gi,
    `$1${REDACTED}@`,
  ],
  // The engine quotes the text that it could not parse.
  [/"[^]{0,200}?" is not valid JSON/g, `${REDACTED} is not valid JSON`],
  [/(authorization"?\s*[:=]\s*)[^\r\n,;]+/gi, `$1${REDACTED}`],
  [/\b(bearer\s+)[\w.~+/=-]{8,}/gi, `$1${REDACTED}`],
  [
    /\b(basic\s+)(?=[A-Za-z]*[0-9+/=])[A-Za-z0-9+/]{8,}={0,2}/gi,
    `$1${REDACTED}`,
  ],
  [/\b((?:set-)?cookie:\s*)[^\r\n]+/gi, `$1${REDACTED}`],
  [
    /\b([\w.-]{0,40}(?:token|password|passwd|passphrase|secret|(?:api|access|secret|private)[-_]?key))=[^\s&,;]+/gi,
    `$1=${REDACTED}`,
  ],
  [/\b(password|passwd|passphrase):\s*[^\s,;]+/gi, `$1: ${REDACTED}`],
];

/** A secret field in JSON text: a string ends where it ends, a structure takes the rest. */
const JSON_FIELD_REGEXP = new RegExp(
  `(\\\\*"(?:${SECRET_JSON_NAMES})\\\\*"\\s*:\\s*)` +
    `(?:\\\\+"(?:(?!\\\\+")[^])*(?:\\\\+")?|"(?:[^"\\\\]|\\\\[^])*"?|[[{][^]*|[^\\s,}\\]]+)`,
  "gi",
);

/** Tells whether a field of this name is never shown. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME_REGEXP.test(name.toLowerCase().replace(/[-_.]/g, ""));
}

/**
 * Removes what looks like a secret from free text: private keys, tokens,
 * credentials in URLs, `password=...`, secret fields of JSON. Long text is cut.
 */
export function redactText(text: string): string {
  // Cut before matching, so that a huge text costs no more than a long one;
  // a secret that begins within the part kept is matched up to its cut end.
  const head = text.length > 4 * TEXT_LENGTH_MAX
    ? text.slice(0, 4 * TEXT_LENGTH_MAX)
    : text;
  let clean = head.replace(JSON_FIELD_REGEXP, `$1"${REDACTED}"`);
  for (const [pattern, replacement] of TEXT_RULES) {
    clean = clean.replace(pattern, replacement);
  }
  if (clean.length <= TEXT_LENGTH_MAX && head.length === text.length) {
    return clean;
  }
  return `${clean.slice(0, TEXT_LENGTH_MAX)}... (${text.length} characters)`;
}

/**
 * An error as text: `name: message`, then its causes, all without secrets.
 * Stacks are left out; they say nothing to an operator.
 */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  let current = error;
  for (let depth = 0; depth < CAUSES_MAX; depth++) {
    if (!(current instanceof Error)) {
      parts.push(scalarText(current));
      break;
    }
    parts.push(redactText(`${current.name}: ${current.message}`));
    if (current instanceof AggregateError) {
      const inner = current.errors.slice(0, 4).map(errorText).join("; ");
      if (inner) parts.push(`[${inner}]`);
    }
    if (current.cause === undefined) break;
    current = current.cause;
  }
  return redactText(parts.join(", caused by "));
}

/**
 * Makes any value fit for logs: plain JSON without secrets, bounded in
 * length, depth and number of entries. It never throws on odd values.
 *
 * @param value Anything.
 * @param name Name of the field that holds it, if any: some are never shown.
 */
export function redact(value: unknown, name = ""): unknown {
  return redactAt(value, name, []);
}

function scalarText(value: unknown): string {
  const clean = redact(value);
  return typeof clean === "string" ? clean : JSON.stringify(clean) ?? "";
}

function redactAt(
  value: unknown,
  name: string,
  parents: readonly object[],
): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (name !== "" && isSecretName(name)) return REDACTED;
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return value.toString();
    case "object":
      return redactObject(value, parents);
    default:
      return `[${typeof value}]`;
  }
}

function redactObject(value: object, parents: readonly object[]): unknown {
  if (value instanceof Error) return errorText(value);
  if (value instanceof URL) return redactText(value.href);
  if (value instanceof Date) {
    return Number.isNaN(value.getTime())
      ? "[invalid date]"
      : value.toISOString();
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return `[${value.byteLength} bytes]`;
  }
  if (parents.includes(value)) return "[circular]";
  if (parents.length >= DEPTH_MAX) return "[deeper]";
  const chain = [...parents, value];
  if (Array.isArray(value) || value instanceof Set) {
    return redactList([...value], chain);
  }
  if (value instanceof Map || value instanceof Headers) {
    return redactEntries([...value.entries()], chain);
  }
  return redactEntries(entriesOf(value), chain);
}

function redactList(items: unknown[], chain: readonly object[]): unknown[] {
  const kept = items.slice(0, ENTRIES_MAX).map((item) =>
    redactAt(item, "", chain)
  );
  if (items.length > kept.length) {
    kept.push(`[${items.length - kept.length} more]`);
  }
  return kept;
}

function redactEntries(
  entries: [unknown, unknown][],
  chain: readonly object[],
): Record<string, unknown> {
  const names = new Set(entries.map(([name]) => name));
  const kept: [string, unknown][] = [];
  for (const [rawName, item] of entries.slice(0, ENTRIES_MAX)) {
    const name = String(rawName);
    const clean = isStoredText(name, names)
      ? REDACTED
      : redactAt(item, name, chain);
    kept.push([redactText(name), clean]);
  }
  if (entries.length > ENTRIES_MAX) {
    kept.push(["more", entries.length - ENTRIES_MAX]);
  }
  return Object.fromEntries(kept);
}

/** A row of the store: its `value` or `text` is a whole object or message. */
function isStoredText(name: string, names: ReadonlySet<unknown>): boolean {
  if (name === "value") return names.has("key") && names.has("type");
  return name === "text" && names.has("msgId");
}

function entriesOf(value: object): [string, unknown][] {
  return Object.keys(value).map((name) => {
    try {
      return [name, Reflect.get(value, name)];
    } catch (error) {
      return [
        name,
        `[unreadable: ${error instanceof Error ? error.name : ""}]`,
      ];
    }
  });
}
