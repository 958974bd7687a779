import { type Message, newMessage } from "../../lib/message/mod.ts";

let counter = 0;

/** A message id that is unique within a test run. */
export function nextId(): string {
  counter++;
  return `00000000-0000-4000-8000-${String(counter).padStart(12, "0")}`;
}

/** Ids and a fixed clock for messages built by tests. */
export const TEST_STAMP = { newId: nextId, now: () => 1_754_464_000_000 };

/** A pod as CloudCore sends it; `fields` override, `spec` is merged. */
export function pod(
  name: string,
  version: string | number,
  fields: {
    uid?: string;
    namespace?: string;
    created?: string;
    labels?: Record<string, string>;
    spec?: Record<string, unknown>;
    status?: Record<string, unknown>;
  } = {},
): Record<string, unknown> {
  const { namespace = "default", uid = `uid-${name}` } = fields;
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion: String(version),
      creationTimestamp: fields.created ?? "2026-01-01T00:00:00Z",
      ...(fields.labels ? { labels: fields.labels } : {}),
    },
    spec: { nodeName: "edge-1", containers: [], ...fields.spec },
    status: fields.status ?? {},
  };
}

/** Any other object as CloudCore sends it. */
export function object(
  kind: string,
  name: string,
  version: string | number,
  fields: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    kind,
    apiVersion: "v1",
    metadata: {
      name,
      namespace: "default",
      uid: `uid-${name}`,
      resourceVersion: String(version),
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    ...fields,
  };
}

/**
 * The cloud's answer that holds a Node.
 *
 * @param second When it was created, and its version, 0 to 9.
 */
export function nodeAnswer(
  uid: string,
  second: number,
  name = "edge-1",
): Message {
  const metadata = {
    name,
    uid,
    resourceVersion: String(second),
    creationTimestamp: `2026-01-01T00:00:0${second}Z`,
  };
  return fromCloud(
    "response",
    `null/node/${name}`,
    object("Node", name, second, { metadata }),
  );
}

/** A message from the cloud, with the object's version in its header. */
export function fromCloud(
  operation: string,
  resource: string,
  content: unknown,
  fields: { source?: string; group?: string; parentId?: string } = {},
): Message {
  const metadata = (content as { metadata?: { resourceVersion?: string } })
    ?.metadata;
  const version = metadata?.resourceVersion;
  return newMessage(TEST_STAMP, {
    source: fields.source ?? "edgecontroller",
    group: fields.group ?? "resource",
    operation,
    resource,
    content,
    ...(version ? { resourceVersion: version } : {}),
    ...(fields.parentId ? { parentId: fields.parentId } : {}),
  });
}

/** A message from edged. */
export function fromEdged(
  operation: string,
  resource: string,
  content: unknown = null,
  fields: { parentId?: string } = {},
): Message {
  return newMessage(TEST_STAMP, {
    source: "edged",
    group: "meta",
    operation,
    resource,
    content,
    ...fields,
  });
}
