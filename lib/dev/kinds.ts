import { levenshtein, nearest } from "../base/mod.ts";
import { NO_NAMESPACE } from "../message/mod.ts";

/** What Kubernetes knows of a resource type of the wire. */
export interface Kind {
  /** Lower-case type, as in `route.resource`. */
  readonly type: string;
  /** Kind, as in an object. */
  readonly kind: string;
  /** Group and version, as in an object. */
  readonly apiVersion: string;
  /** Plural, as in URLs and in messages of the API server. */
  readonly plural: string;
  /** API group; empty for the core. */
  readonly group: string;
  /** Whether its objects live in namespaces. */
  readonly namespaced: boolean;
}

const KNOWN: readonly Kind[] = [
  core("pod", "Pod"),
  core("configmap", "ConfigMap"),
  core("secret", "Secret"),
  core("serviceaccount", "ServiceAccount"),
  core("persistentvolumeclaim", "PersistentVolumeClaim"),
  { ...core("persistentvolume", "PersistentVolume"), namespaced: false },
  { ...core("node", "Node"), namespaced: false },
  grouped("lease", "Lease", "coordination.k8s.io"),
  {
    ...grouped("volumeattachment", "VolumeAttachment", "storage.k8s.io"),
    namespaced: false,
  },
  {
    ...grouped(
      "certificatesigningrequest",
      "CertificateSigningRequest",
      "certificates.k8s.io",
    ),
    namespaced: false,
  },
];

const BY_TYPE: ReadonlyMap<string, Kind> = new Map(
  KNOWN.map((kind) => [kind.type, kind]),
);

/** Looks a type up; an unknown one is taken for a namespaced core object. */
export function kindOf(type: string): Kind {
  return BY_TYPE.get(type) ?? core(type, type);
}

/** Looks up by plural, as in the keys of MetaServer; `undefined` if unknown. */
export function kindOfPlural(plural: string): Kind | undefined {
  return KNOWN.find((kind) => kind.plural === plural);
}

/**
 * The kind that a mistyped one most likely means: of the same group and
 * version, or of none given. Kinds that are not known here may well exist.
 */
export function meantKind(
  { kind, apiVersion }: { readonly kind: string; readonly apiVersion?: string },
): string | undefined {
  const type = kind.toLowerCase();
  if (BY_TYPE.has(type) || kindOfPlural(type)) return undefined;
  const candidates = KNOWN.filter((known) =>
    apiVersion === undefined || apiVersion === known.apiVersion
  );
  const near = nearest(type, candidates.map((known) => known.type));
  if (near === undefined) return undefined;
  // Short words are near to many: a Job is no Pod, a Role no Node.
  const isSlip = near.length >= 6 || levenshtein(type, near) <= 1;
  return isSlip ? kindOf(near).kind : undefined;
}

/** The namespace under which an object is kept: `null` if it has none. */
export function namespaceOf(type: string, namespace: string): string {
  return kindOf(type).namespaced ? namespace : NO_NAMESPACE;
}

function core(type: string, kind: string): Kind {
  return {
    type,
    kind,
    apiVersion: "v1",
    plural: `${type}s`,
    group: "",
    namespaced: true,
  };
}

function grouped(type: string, kind: string, group: string): Kind {
  return { ...core(type, kind), apiVersion: `${group}/v1`, group };
}
