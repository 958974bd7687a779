import {
  parseResource,
  type ResourceKey,
  resourceOf,
  ResourceType,
} from "../message/mod.ts";
import { tokenKey } from "./keys.ts";

/** A string in double quotes, as Go and JSON write it. */
const TEXT = '"(?:[^"\\\\]|\\\\.)*"';

const KEY_REGEXP = new RegExp(
  `^(${TEXT})/(${TEXT})/\\[\\]string(\\(nil\\)|\\{[^]*?\\})/(\\d+)/` +
    "v1\\.BoundObjectReference\\{" +
    `Kind:(${TEXT}), APIVersion:(${TEXT}), Name:(${TEXT}), UID:(${TEXT})\\}$`,
);

/** A question for a token: what is asked, and under which resource. */
export interface TokenQuestion {
  /** Resource of the query. */
  readonly resource: ResourceKey;
  /** The TokenRequest. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Name of the pod that it is bound to; empty if to none. */
  readonly pod: string;
}

/**
 * Reads the request for a token back from the full key under which the token
 * lies: the stored answer may name audiences that the API server filled in,
 * and asking with those would make a second row.
 *
 * @returns `undefined` if it is no such key.
 */
export function tokenQuestionOf(key: string): TokenQuestion | undefined {
  const parts = KEY_REGEXP.exec(key);
  if (!parts) return undefined;
  const [, name, namespace, audiences, seconds, ...bound] = parts;
  const [kind, apiVersion, pod, uid] = bound.map(unquote);
  const resource = parseResource(
    resourceOf(
      unquote(namespace),
      ResourceType.serviceaccounttoken,
      unquote(name),
    ),
  );
  if (!resource) return undefined;
  const content = {
    metadata: { creationTimestamp: null },
    spec: {
      audiences: audiencesOf(audiences),
      ...(Number(seconds) > 0 ? { expirationSeconds: Number(seconds) } : {}),
      ...(uid || pod
        ? { boundObjectRef: { kind, apiVersion, name: pod, uid } }
        : {}),
    },
    status: { token: "", expirationTimestamp: null },
  };
  // Go quotes odd characters in another way; such a key is left alone.
  return tokenKey(resource, content) === key
    ? { resource, content, pod: pod ?? "" }
    : undefined;
}

function audiencesOf(text = ""): string[] | null {
  if (text === "(nil)") return null;
  return (text.match(new RegExp(TEXT, "g")) ?? []).map(unquote);
}

function unquote(text = ""): string {
  try {
    return String(JSON.parse(text));
  } catch {
    // Quoted in Go's way; the comparison with the key finds that out.
    return "";
  }
}
