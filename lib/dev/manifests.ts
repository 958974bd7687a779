import type * as Yaml from "yaml";
import { isRecord, loadYaml } from "../base/mod.ts";
import type { Manifest } from "./cloud_object.ts";
import { meantKind } from "./kinds.ts";

/** A text of manifests cannot be used; nothing of it was. */
export class ManifestError extends Error {
  /** Always `ManifestError`. */
  override readonly name = "ManifestError";
}

/** Most manifests of one text. */
const MANIFESTS_MAX = 10_000;

/**
 * Reads Kubernetes manifests: YAML or JSON, several documents, and kinds that
 * end in `List` with their items. Documents without content are passed over,
 * as kubectl does.
 *
 * @throws {ManifestError} If a document is no manifest; it names document and
 *   line.
 */
export async function readManifests(
  text: string,
): Promise<readonly Manifest[]> {
  const yaml = await loadYaml();
  const lines = new yaml.LineCounter();
  const documents = yaml.parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
  });
  if (!Array.isArray(documents)) return [];
  const manifests = documents.flatMap((document, i) =>
    read(document, {
      place: `document ${i + 1}`,
      lineOf: (offset) => lines.linePos(offset).line,
    })
  );
  if (manifests.length <= MANIFESTS_MAX) return manifests;
  throw new ManifestError(
    `Too many manifests: ${manifests.length}, more than ${MANIFESTS_MAX}`,
  );
}

interface At {
  readonly place: string;
  readonly lineOf: (offset: number) => number;
}

function read(document: Yaml.Document.Parsed, at: At): readonly Manifest[] {
  const [fault] = document.errors;
  if (fault) {
    const line = at.lineOf(fault.pos[0]);
    throw new ManifestError(
      `Cannot read ${at.place}, line ${line}: ${fault.message}`,
    );
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined) return [];
  const line = at.lineOf(document.range[0]);
  return manifestsOf(value, `${at.place}, line ${line}`);
}

function manifestsOf(value: unknown, place: string): readonly Manifest[] {
  if (!isRecord(value)) throw fault(place, "an object was expected");
  const { kind, items } = value;
  if (typeof kind !== "string" || kind === "") {
    throw fault(place, "it has no kind");
  }
  if (kind.endsWith("List") && Array.isArray(items)) {
    return items.flatMap((item, i) =>
      manifestsOf(item, `${place}, item ${i + 1}`)
    );
  }
  return [manifestOf(value, place)];
}

function manifestOf(
  value: Record<string, unknown>,
  place: string,
): Manifest {
  const { metadata } = value;
  if (!isRecord(metadata)) throw fault(place, "it has no metadata");
  const { name, namespace } = metadata;
  if (!isName(name)) throw fault(place, `metadata.name ${NAME_RULE}`);
  if (namespace !== undefined && !isName(namespace)) {
    throw fault(place, `metadata.namespace ${NAME_RULE}`);
  }
  const manifest = value as Manifest;
  const meant = meantKind(manifest);
  if (meant === undefined) return manifest;
  throw fault(place, `kind is ${manifest.kind}, did you mean ${meant}`);
}

/** RFC 1123 subdomain, as the API server checks most names. */
const NAME_REGEXP = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const NAME_RULE =
  "must be lower-case letters, digits, '-' and '.', 253 at most";

function isName(value: unknown): value is string {
  return typeof value === "string" && NAME_REGEXP.test(value);
}

function fault(place: string, why: string): ManifestError {
  return new ManifestError(`Cannot use ${place}: ${why}`);
}
