/** A type that is known whether or not the store holds one. */
interface KnownType {
  /** Its name in the store. */
  readonly type: string;
  /** Short names of kubectl. */
  readonly short?: readonly string[];
}

const KNOWN: readonly KnownType[] = [
  { type: "pod", short: ["po"] },
  { type: "podstatus" },
  { type: "configmap", short: ["cm"] },
  { type: "secret" },
  { type: "service", short: ["svc"] },
  { type: "endpoints", short: ["ep"] },
  { type: "endpointslice" },
  { type: "node", short: ["no"] },
  { type: "nodestatus" },
  { type: "namespace", short: ["ns"] },
  { type: "serviceaccount", short: ["sa"] },
  { type: "serviceaccounttoken" },
  { type: "serviceaccountaccess" },
  { type: "persistentvolume", short: ["pv"] },
  { type: "persistentvolumeclaim", short: ["pvc"] },
  { type: "volumeattachment" },
  { type: "lease" },
  { type: "event", short: ["ev"] },
  { type: "certificatesigningrequest", short: ["csr"] },
  { type: "customresourcedefinition", short: ["crd"] },
  { type: "deployment", short: ["deploy"] },
  { type: "daemonset", short: ["ds"] },
  { type: "statefulset", short: ["sts"] },
  { type: "replicaset", short: ["rs"] },
  { type: "ingress", short: ["ing"] },
  { type: "networkpolicy", short: ["netpol"] },
  { type: "rule" },
  { type: "ruleendpoint" },
  { type: "rulestatus" },
  { type: "device" },
  { type: "devicemodel" },
];

/** What is shown with its pods is not listed again by `all`. */
const PART_OF_OTHERS: ReadonlySet<string> = new Set(["podstatus"]);

/**
 * Types of the store that a word means: a short name, a plural, with or
 * without a group as in `deployments.apps`; `all` means every type.
 *
 * @param stored Types of which the store holds an object.
 * @returns `undefined` if there is no such type.
 */
export function typesOf(
  word: string,
  stored: readonly string[],
): readonly string[] | undefined {
  const given = word.toLowerCase();
  if (given === "all") {
    return stored.filter((type) => !PART_OF_OTHERS.has(type));
  }
  const exact = stored.filter((type) => type.toLowerCase() === given);
  if (exact.length > 0) return exact;
  const bare = given.split(".")[0] ?? "";
  const known = KNOWN.find(({ type, short = [] }) =>
    short.includes(bare) || singular(type) === singular(bare)
  );
  const wanted = singular(known?.type ?? bare);
  const found = stored.filter((type) => singular(type) === wanted);
  if (found.length > 0) return found;
  return known ? [known.type] : undefined;
}

/** The word of both, `pods` and `pod`, `leases` and `lease`. */
function singular(word: string): string {
  const lower = word.toLowerCase();
  if (/[^aeiou]ies$/.test(lower)) return `${lower.slice(0, -3)}y`;
  if (/(?:ss|x|ch|sh)es$/.test(lower)) return lower.slice(0, -2);
  // Of `status`, `access` and the like the end belongs to the word.
  if (/(?:ss|us|is)$/.test(lower)) return lower;
  if (/(?:us)es$/.test(lower)) return lower.slice(0, -2);
  return lower.endsWith("s") ? lower.slice(0, -1) : lower;
}
