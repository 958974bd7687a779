import { isRecord } from "../base/mod.ts";
import { ResourceType } from "../message/mod.ts";

/** Fields of a Secret whose values are secret. */
const DATA_FIELDS: ReadonlySet<string> = new Set(["data", "stringData"]);
/** `kubectl apply` puts the whole object, data included, in here. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * The text of a stored object without what is secret in it: the values of
 * Secrets, wherever one stands in it, and tokens. Keys and sizes stay.
 *
 * @param value Text as it is stored.
 */
export function hideSecrets(type: string, value: string): string {
  const isSecret = type === ResourceType.secret || type === "secrets";
  const isToken = type === ResourceType.serviceaccounttoken;
  // Parsing each object only to find nothing would double the work.
  if (!isSecret && !isToken && !/"kind"\s*:\s*"Secret/.test(value)) {
    return value;
  }
  let object: unknown;
  try {
    object = JSON.parse(value);
  } catch {
    return isSecret || isToken ? hidden(value) : value;
  }
  if (isToken) return JSON.stringify(withoutToken(object));
  return JSON.stringify(withoutData(object, isSecret));
}

/** Says how much is not shown. */
function hidden(value: unknown, isBase64 = false): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  const padding = /={0,2}$/.exec(text)?.[0].length ?? 0;
  const bytes = isBase64
    ? Math.floor(text.length * 3 / 4) - padding
    : new TextEncoder().encode(text).length;
  return `<hidden, ${bytes} bytes>`;
}

/** @param isSecret Whether the object is one although it does not say so. */
function withoutData(object: unknown, isSecret: boolean): unknown {
  if (Array.isArray(object)) {
    return object.map((one) => withoutData(one, isSecret));
  }
  if (!isRecord(object)) return isSecret ? hidden(object) : object;
  // A list of a type is stored as it came.
  if (Array.isArray(object.items)) {
    const ofSecrets = isSecret || object.kind === "SecretList";
    return { ...object, items: withoutData(object.items, ofSecrets) };
  }
  const isOne = isSecret || object.kind === "Secret";
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => {
      if (isOne && DATA_FIELDS.has(name)) {
        return [name, hiddenValues(value, name === "data")];
      }
      if (isOne && name === "metadata") return [name, withoutApplied(value)];
      return [name, isRecord(value) ? withoutData(value, false) : value];
    }),
  );
}

function hiddenValues(data: unknown, isBase64: boolean): unknown {
  if (data === null || data === undefined) return data;
  if (!isRecord(data)) return hidden(data);
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, hidden(value, isBase64)]),
  );
}

function withoutApplied(metadata: unknown): unknown {
  if (!isRecord(metadata) || !isRecord(metadata.annotations)) return metadata;
  if (!(LAST_APPLIED in metadata.annotations)) return metadata;
  const value = hidden(metadata.annotations[LAST_APPLIED]);
  return {
    ...metadata,
    annotations: { ...metadata.annotations, [LAST_APPLIED]: value },
  };
}

/** A TokenRequest: `status.token` is what it is about. */
function withoutToken(object: unknown): unknown {
  if (!isRecord(object)) return hidden(object);
  const { status } = object;
  if (!isRecord(status) || typeof status.token !== "string") return object;
  return { ...object, status: { ...status, token: hidden(status.token) } };
}
