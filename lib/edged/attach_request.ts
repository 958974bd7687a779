import { hasBearer } from "../base/mod.ts";
import { Module } from "../message/mod.ts";

const PATH_REGEXP = /^\/attach\/([^/]*)$/;
const PARAMETERS: ReadonlySet<string> = new Set(["answers", "since"]);
const MODULE_REGEXP = /^[a-z][a-z0-9-]{0,62}$/;
const REVISION_REGEXP = /^\d{1,16}$/;
const HOST_REGEXP = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** Names that mean something else than a pod agent; `edged` is one. */
const RESERVED: ReadonlySet<string> = new Set([
  ...Object.values(Module).filter((name) => name !== Module.edged),
  "admin",
  "cloud",
  "edgehub",
  "internal",
  "processor",
  "router",
  "store",
]);

/** What an attach request is judged by. */
export interface AttachHead {
  /** Path without query, as sent. */
  readonly path: string;
  /** Parameters of the query. */
  readonly query: URLSearchParams;
  /** Header fields. */
  readonly headers: Headers;
  /** Whether it is a WebSocket upgrade. */
  readonly isUpgrade: boolean;
}

/** What an agent asks for when it attaches, or why it may not. */
export type AttachRequest =
  | {
    readonly ok: true;
    readonly module: string;
    readonly answers: boolean;
    readonly since?: number;
  }
  | { readonly ok: false; readonly status: number; readonly text: string };

/** How a request reached us. */
export interface AttachDoor {
  /** Secret that the request must carry; missing on the Unix socket. */
  readonly token?: string;
}

/**
 * Judges an attach request. What a web page could have sent is refused first:
 * a browser always sends `Origin`, and after DNS rebinding a foreign `Host`.
 */
export function readAttachRequest(
  head: AttachHead,
  door: AttachDoor = {},
): AttachRequest {
  if (head.headers.has("origin")) {
    return refuse(403, "Web pages may not attach: Origin header sent");
  }
  const host = head.headers.get("host") ?? "";
  if (!HOST_REGEXP.test(host)) {
    return refuse(403, "Host is not allowed: use localhost");
  }
  const path = PATH_REGEXP.exec(head.path);
  if (!path) return refuse(404, "Not found: attach at /attach/<module>");
  if (door.token !== undefined && !hasBearer(head.headers, door.token)) {
    return refuse(401, "Token is missing or wrong: send Authorization: Bearer");
  }
  if (!head.isUpgrade) {
    return refuse(426, "Upgrade required: open a WebSocket");
  }
  return readTraits(path[1] ?? "", head.query);
}

function readTraits(module: string, query: URLSearchParams): AttachRequest {
  if (!MODULE_REGEXP.test(module)) {
    return refuse(
      400,
      "Module name is not a lower-case letter and at most 62 of a-z, 0-9, -",
    );
  }
  if (RESERVED.has(module)) {
    return refuse(400, `Module name is reserved: ${module}`);
  }
  const unknown = [...query.keys()].find((name) => !PARAMETERS.has(name));
  if (unknown !== undefined) {
    return refuse(400, `Parameter is unknown: ${unknown.slice(0, 64)}`);
  }
  const answers = query.get("answers") ?? "false";
  if (answers !== "true" && answers !== "false") {
    return refuse(400, "Parameter answers is not true or false");
  }
  const since = query.get("since");
  if (since === null) return { ok: true, module, answers: answers === "true" };
  const revision = Number(since);
  if (!REVISION_REGEXP.test(since) || !Number.isSafeInteger(revision)) {
    return refuse(
      400,
      "Parameter since is not a revision: digits, 2^53 at most",
    );
  }
  return { ok: true, module, answers: answers === "true", since: revision };
}

function refuse(status: number, text: string): AttachRequest {
  return { ok: false, status, text };
}
