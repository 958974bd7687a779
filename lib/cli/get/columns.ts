import type { ObjectItem } from "../../app/mod.ts";
import { ageOf } from "./human_duration.ts";
import {
  at,
  fieldsAt,
  listAt,
  objectOf,
  type Printed,
  textAt,
} from "./object_of.ts";
import { hasCondition, podState } from "./pod_state.ts";

/** One line to print: the object, where it lies, and the time. */
export interface Line {
  /** Where it lies and what the store knows of it. */
  readonly item: ObjectItem;
  /** The object. */
  readonly object: Printed;
  /** Wall clock in milliseconds. */
  readonly nowMs: number;
}

/** A column of a table. */
export interface Column {
  /** Its head. */
  readonly name: string;
  /** Shown by `-o wide` only. */
  readonly wide?: boolean;
  /** Text of its cell. */
  readonly cell: (line: Line) => string;
}

const NONE = "<none>";

/** Reads an item for printing. */
export function lineOf(item: ObjectItem, nowMs: number): Line {
  return { item, object: objectOf(item), nowMs };
}

/** Text at a path of the object, or what stands where there is none. */
function field(
  name: string,
  path: string,
  options: { wide?: boolean; none?: string } = {},
): Column {
  const { wide = false, none = NONE } = options;
  const parts = path.split(".");
  const cell = ({ object }: Line) => textAt(object, ...parts) || none;
  return { name, wide, cell };
}

const AGE: Column = {
  name: "AGE",
  cell: ({ object, nowMs }) =>
    ageOf(at(object, "metadata", "creationTimestamp"), nowMs),
};

const REVISION: Column = {
  name: "REVISION",
  wide: true,
  cell: ({ item }) => String(item.revision),
};

/** Number of the entries of these fields. */
function entries(...fields: readonly string[]): Column {
  return {
    name: "DATA",
    cell: ({ object }) =>
      String(
        fields.reduce(
          (sum, name) => sum + Object.keys(fieldsAt(object, name)).length,
          0,
        ),
      ),
  };
}

/** `a=1,b=2`, or `<none>`. */
export function labelsText(labels: Printed): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.sort().join(",") || NONE;
}

const POD: readonly Column[] = [
  {
    name: "READY",
    cell: ({ object }) => {
      const { ready, total } = podState(object);
      return `${ready}/${total}`;
    },
  },
  { name: "STATUS", cell: ({ object }) => podState(object).status },
  {
    name: "RESTARTS",
    cell: ({ object, nowMs }) => {
      const { restarts, restartedAt } = podState(object);
      const ago = restarts > 0 && restartedAt
        ? ` (${ageOf(restartedAt, nowMs)} ago)`
        : "";
      return `${restarts}${ago}`;
    },
  },
  AGE,
  field("IP", "status.podIP", { wide: true }),
  field("NODE", "spec.nodeName", { wide: true }),
];

function port({ port, nodePort, protocol = "TCP" }: Printed): string {
  return `${port}${nodePort ? `:${nodePort}` : ""}/${protocol}`;
}

function externalIp(service: Printed): string {
  const balancer = listAt(service, "status", "loadBalancer", "ingress")
    .map(({ ip, hostname }) => String(ip ?? hostname ?? ""));
  const own = at(service, "spec", "externalIPs");
  const all = [...balancer, ...(Array.isArray(own) ? own.map(String) : [])];
  if (all.length > 0) return all.join(",");
  const type = textAt(service, "spec", "type");
  if (type === "ExternalName") return textAt(service, "spec", "externalName");
  return type === "LoadBalancer" ? "<pending>" : NONE;
}

const SERVICE: readonly Column[] = [
  field("TYPE", "spec.type", { none: "ClusterIP" }),
  field("CLUSTER-IP", "spec.clusterIP"),
  { name: "EXTERNAL-IP", cell: ({ object }) => externalIp(object) },
  {
    name: "PORT(S)",
    cell: ({ object }) =>
      listAt(object, "spec", "ports").map(port).join(",") || NONE,
  },
  AGE,
  {
    name: "SELECTOR",
    wide: true,
    cell: ({ object }) => labelsText(fieldsAt(object, "spec", "selector")),
  },
];

/** As kubectl: three at most, then how many more there are. */
function endpointsText(object: Printed): string {
  const all = listAt(object, "subsets").flatMap((subset) => {
    const ports = listAt(subset, "ports");
    return listAt(subset, "addresses").flatMap(({ ip }) =>
      ports.length > 0 ? ports.map(({ port }) => `${ip}:${port}`) : [String(ip)]
    );
  });
  const more = all.length > 3 ? ` + ${all.length - 3} more...` : "";
  return all.length === 0 ? NONE : all.slice(0, 3).join(",") + more;
}

const ROLE = "node-role.kubernetes.io/";

function nodeStatus(node: Printed): string {
  const known = listAt(node, "status", "conditions")
    .some(({ type }) => type === "Ready");
  const state = !known
    ? "Unknown"
    : hasCondition(node, "Ready")
    ? "Ready"
    : "NotReady";
  const isOff = at(node, "spec", "unschedulable") === true;
  return state + (isOff ? ",SchedulingDisabled" : "");
}

function address(type: string): (line: Line) => string {
  return ({ object }) =>
    textAt(
      listAt(object, "status", "addresses").find((one) => one.type === type),
      "address",
    ) || NONE;
}

const NODE: readonly Column[] = [
  { name: "STATUS", cell: ({ object }) => nodeStatus(object) },
  {
    name: "ROLES",
    cell: ({ object }) =>
      Object.keys(fieldsAt(object, "metadata", "labels"))
        .filter((label) => label.startsWith(ROLE))
        .map((label) => label.slice(ROLE.length)).sort().join(",") || NONE,
  },
  AGE,
  field("VERSION", "status.nodeInfo.kubeletVersion", { none: "" }),
  { name: "INTERNAL-IP", wide: true, cell: address("InternalIP") },
  { name: "EXTERNAL-IP", wide: true, cell: address("ExternalIP") },
  field("OS-IMAGE", "status.nodeInfo.osImage", {
    wide: true,
    none: "<unknown>",
  }),
  field("KERNEL-VERSION", "status.nodeInfo.kernelVersion", {
    wide: true,
    none: "<unknown>",
  }),
  field("CONTAINER-RUNTIME", "status.nodeInfo.containerRuntimeVersion", {
    wide: true,
    none: "<unknown>",
  }),
];

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

const ACCESS: Column = {
  name: "ACCESS MODES",
  cell: ({ object }) => {
    const modes = at(object, "spec", "accessModes");
    return Array.isArray(modes)
      ? modes.map((mode) => MODES[String(mode)] ?? mode).join(",")
      : "";
  },
};

const REPORTED = field("UID", "UID");

/** Columns after the name, by type; others have their age alone. */
const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  pod: POD,
  podstatus: [field("PHASE", "Status.phase"), REPORTED],
  nodestatus: [
    field("VERSION", "Status.nodeInfo.kubeletVersion"),
    REPORTED,
  ],
  configmap: [entries("data", "binaryData"), AGE],
  secret: [
    field("TYPE", "type", { none: "Opaque" }),
    entries("data", "stringData"),
    AGE,
  ],
  service: SERVICE,
  endpoints: [
    { name: "ENDPOINTS", cell: ({ object }) => endpointsText(object) },
    AGE,
  ],
  node: NODE,
  namespace: [field("STATUS", "status.phase", { none: "Active" }), AGE],
  lease: [field("HOLDER", "spec.holderIdentity", { none: "" }), AGE],
  persistentvolume: [
    field("CAPACITY", "spec.capacity.storage", { none: "" }),
    ACCESS,
    field("RECLAIM POLICY", "spec.persistentVolumeReclaimPolicy", { none: "" }),
    field("STATUS", "status.phase", { none: "" }),
    field("STORAGECLASS", "spec.storageClassName", { none: "" }),
    AGE,
  ],
  persistentvolumeclaim: [
    field("STATUS", "status.phase", { none: "" }),
    field("VOLUME", "spec.volumeName", { none: "" }),
    field("CAPACITY", "status.capacity.storage", { none: "" }),
    ACCESS,
    field("STORAGECLASS", "spec.storageClassName", { none: "" }),
    AGE,
  ],
  serviceaccounttoken: [
    field("POD", "spec.boundObjectRef.name"),
    field("EXPIRES", "status.expirationTimestamp"),
  ],
};

/** Columns of a table after the name. */
export function columnsOf(type: string, isWide: boolean): readonly Column[] {
  const singular = type === "leases" ? "lease" : type;
  const own = Object.hasOwn(COLUMNS, singular) ? COLUMNS[singular] : undefined;
  return [...own ?? [AGE], REVISION].filter(({ wide }) => isWide || !wide);
}
