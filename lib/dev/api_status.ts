import type { Kind } from "./kinds.ts";

/** A Kubernetes `Status` as CloudCore passes it on; fields in wire order. */
export interface ApiStatus {
  /** Always empty. */
  readonly metadata: Record<string, never>;
  /** Always `Failure`. */
  readonly status: "Failure";
  /** For a person; the wording is Kubernetes' own. */
  readonly message: string;
  /** For a program. */
  readonly reason: "NotFound" | "AlreadyExists" | "Conflict" | "BadRequest";
  /** What it is about. */
  readonly details: {
    /** Name of the object. */
    readonly name: string;
    /** API group; left out for the core. */
    readonly group?: string;
    /** Plural from the API server, singular from CloudCore's cache. */
    readonly kind: string;
  };
  /** HTTP status of the same meaning. */
  readonly code: number;
}

/** What the API server says to a request: the object, or why not. */
export type ApiResult<T> =
  | { readonly ok: true; readonly object: T }
  | { readonly ok: false; readonly status: ApiStatus };

/**
 * Who says that something is missing: CloudCore's cache names the type in the
 * singular, the API server in the plural (wire document, 7.1).
 */
export type Speaker = "cache" | "api";

/** `NotFound`, 404. */
export function notFound(
  kind: Kind,
  name: string,
  speaker: Speaker = "api",
): ApiStatus {
  const word = speaker === "api" ? kind.plural : kind.type;
  return build(kind, {
    name,
    word,
    message: `${qualified(kind, word)} "${name}" not found`,
    reason: "NotFound",
    code: 404,
  });
}

/** `AlreadyExists`, 409. */
export function alreadyExists(kind: Kind, name: string): ApiStatus {
  return build(kind, {
    name,
    word: kind.plural,
    message: `${qualified(kind, kind.plural)} "${name}" already exists`,
    reason: "AlreadyExists",
    code: 409,
  });
}

/** `Conflict`, 409: somebody else wrote meanwhile. */
export function staleVersion(kind: Kind, name: string): ApiStatus {
  return conflict(
    kind,
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}

/** `Conflict`, 409: the object of that name is another one. */
export function otherUid(
  kind: Kind,
  name: string,
  uids: { key: string; wanted: string; found: string },
): ApiStatus {
  return conflict(
    kind,
    name,
    `StorageError: invalid object, Code: 4, Key: ${uids.key}, ` +
      `ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ` +
      `UID in precondition: ${uids.wanted}, UID in object meta: ${uids.found}`,
  );
}

/** `BadRequest`, 400. */
export function badRequest(
  kind: Kind,
  name: string,
  message: string,
): ApiStatus {
  const word = kind.plural;
  return build(kind, { name, word, message, reason: "BadRequest", code: 400 });
}

function conflict(kind: Kind, name: string, why: string): ApiStatus {
  return build(kind, {
    name,
    word: kind.plural,
    message: `Operation cannot be fulfilled on ${
      qualified(kind, kind.plural)
    } "${name}": ${why}`,
    reason: "Conflict",
    code: 409,
  });
}

function qualified(kind: Kind, word: string): string {
  return kind.group ? `${word}.${kind.group}` : word;
}

function build(kind: Kind, fields: {
  name: string;
  word: string;
  message: string;
  reason: ApiStatus["reason"];
  code: number;
}): ApiStatus {
  const { name, word, message, reason, code } = fields;
  return {
    metadata: {},
    status: "Failure",
    message,
    reason,
    details: {
      name,
      ...(kind.group ? { group: kind.group } : {}),
      kind: word,
    },
    code,
  };
}
