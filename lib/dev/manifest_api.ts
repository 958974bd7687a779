import { timingSafeEqual } from "node:crypto";
import { isRecord } from "../base/mod.ts";
import { errorText } from "../telemetry/mod.ts";
import type { CloudCore } from "./cloud_core.ts";
import { type CloudObject, type Manifest, refOf } from "./cloud_object.ts";
import { kindOf, kindOfPlural } from "./kinds.ts";
import { ManifestError, readManifests } from "./manifests.ts";
import { withSecretData } from "./secret_data.ts";

/** What a {@link ManifestApi} works with. */
export interface ManifestApiOptions {
  /** The cloud whose objects are changed. */
  readonly core: CloudCore;
  /** What a caller has to know. */
  readonly token: string;
  /** Node that pods without one are given to: the scheduler's part. */
  readonly node: string;
}

/** What became of one object. */
export interface ManifestResult {
  /** Lower-case type, as in `route.resource`. */
  readonly type: string;
  /** Namespace; `null` if it has none. */
  readonly namespace: string;
  /** Name. */
  readonly name: string;
  /** Version that it has now, or had last. */
  readonly resourceVersion: string;
  /** What was done, in kubectl's words. */
  readonly result:
    | "created"
    | "configured"
    | "unchanged"
    | "deleted"
    | "not found";
}

/** Largest body of a request, in bytes. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;
const LOCAL_HOST_REGEXP = /^(?:localhost|127\.0\.0\.1)(?::\d{1,5})?$/i;

/**
 * The HTTP side of the development hub: `POST /apply` and `POST /delete` take
 * manifests, `GET /objects` lists. Whoever asks needs the token, and no web
 * page may: a browser sends `Origin`, after DNS rebinding a foreign `Host`,
 * and cannot declare YAML without asking first.
 */
export class ManifestApi {
  readonly #options: ManifestApiOptions;
  readonly #token: Uint8Array;

  /** Answers requests about this cloud. */
  constructor(options: ManifestApiOptions) {
    this.#options = options;
    this.#token = new TextEncoder().encode(`Bearer ${options.token}`);
  }

  /** Answers one request; never rejects. */
  async answer(request: Request): Promise<Response> {
    try {
      return this.#refusal(request) ?? await this.#route(request);
    } catch (error) {
      if (error instanceof ManifestError) return fail(400, error.message);
      return fail(500, errorText(error));
    }
  }

  #refusal({ headers }: Request): Response | undefined {
    if (headers.has("origin")) return fail(403, "Web pages may not ask here");
    if (!LOCAL_HOST_REGEXP.test(headers.get("host") ?? "")) {
      return fail(403, "Host is not allowed: use 127.0.0.1");
    }
    const given = new TextEncoder().encode(headers.get("authorization") ?? "");
    const isRight = given.length === this.#token.length &&
      timingSafeEqual(given, this.#token);
    return isRight ? undefined : fail(401, "The token is missing or wrong");
  }

  async #route(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const wanted = pathname === "/objects" ? "GET" : "POST";
    const does = { "/apply": this.#apply, "/delete": this.#delete }[pathname];
    if (!does && pathname !== "/objects") {
      return fail(404, "Ask for POST /apply, POST /delete or GET /objects");
    }
    if (request.method !== wanted) return fail(405, `Use ${wanted}`);
    if (!does) return Response.json({ objects: this.#list() });
    const type = request.headers.get("content-type") ?? "";
    if (!/^application\/(?:yaml|json)(?:;|$)/i.test(type)) {
      return fail(415, "Content-Type must be application/yaml");
    }
    const manifests = await readManifests(await readBody(request));
    return Response.json({
      results: manifests.map((manifest) => does.call(this, manifest)),
    });
  }

  #apply(manifest: Manifest): ManifestResult {
    const { core: { objects } } = this.#options;
    const placed = this.#placed(manifest);
    const before = objects.get(refOf(placed as CloudObject));
    const object = objects.apply(placed);
    return {
      ...identityOf(object),
      result: !before
        ? "created"
        : before === object
        ? "unchanged"
        : "configured",
    };
  }

  #delete(manifest: Manifest): ManifestResult {
    const { core: { objects } } = this.#options;
    const kind = kindOfPlural(manifest.kind.toLowerCase())?.type ??
      manifest.kind;
    const ref = refOf(
      { ...manifest, kind, metadata: named(manifest) } as CloudObject,
    );
    const done = objects.delete(ref);
    return done.ok
      ? { ...identityOf(done.object), result: "deleted" }
      : { ...ref, resourceVersion: "", result: "not found" };
  }

  /** In a namespace, and on a node if it is a pod that runs nowhere. */
  #placed(manifest: Manifest): Manifest {
    const placed = withSecretData({ ...manifest, metadata: named(manifest) });
    if (manifest.kind.toLowerCase() !== "pod") return placed;
    const spec = isRecord(placed.spec) ? placed.spec : {};
    return { ...placed, spec: { nodeName: this.#options.node, ...spec } };
  }

  #list(): readonly Omit<ManifestResult, "result">[] {
    return this.#options.core.objects.all().map(identityOf);
  }
}

/** A manifest without a namespace means the default one. */
function named({ kind, metadata }: Manifest): Manifest["metadata"] {
  const type = kindOfPlural(kind.toLowerCase())?.type ?? kind.toLowerCase();
  if (!kindOf(type).namespaced) return metadata;
  return { namespace: "default", ...metadata };
}

function identityOf(object: CloudObject): Omit<ManifestResult, "result"> {
  const { resourceVersion } = object.metadata;
  return { ...refOf(object), resourceVersion };
}

function fail(status: number, error: string): Response {
  return Response.json({ error }, { status });
}

/** @throws {ManifestError} Before more than the bound is held. */
async function readBody(request: Request): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) {
      throw new ManifestError(`Body is over ${BODY_BYTES_MAX} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
