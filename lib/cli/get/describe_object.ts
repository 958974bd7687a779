import { isRecord } from "../../base/mod.ts";
import type { Line } from "./columns.ts";
import { describePod } from "./describe_pod.ts";
import {
  describeText,
  pairsText,
  type Part,
  partsOf,
} from "./describe_text.ts";
import { humanDuration } from "./human_duration.ts";
import { fieldsAt, type Printed, textAt } from "./object_of.ts";

/** Fields that stand at the begin of every description. */
const HEAD = new Set(["kind", "apiVersion", "metadata"]);

/** Describes an object as kubectl does, and what the store knows of it. */
export function describeObject(line: Line): string {
  const { item, object } = line;
  const { type } = item;
  return describeText([
    ["Name", item.name],
    ...(item.namespace ? [["Namespace", item.namespace] as const] : []),
    ...headOf(object),
    ...(type === "pod"
      ? describePod(object)
      : type === "secret"
      ? describeSecret(object)
      : type === "configmap"
      ? describeConfigMap(object)
      : partsOf(without(object, HEAD))),
    ["Store", storeParts(line)],
  ]);
}

function headOf(object: Printed): Part[] {
  const created = textAt(object, "metadata", "creationTimestamp");
  const deleted = textAt(object, "metadata", "deletionTimestamp");
  const metadata = fieldsAt(object, "metadata");
  const owners = Array.isArray(metadata.ownerReferences)
    ? metadata.ownerReferences.filter(isRecord)
    : [];
  return [
    ["Labels", pairsText(fieldsAt(metadata, "labels"))],
    ["Annotations", pairsText(fieldsAt(metadata, "annotations"))],
    ["API Version", textAt(object, "apiVersion") || "<none>"],
    ["Kind", textAt(object, "kind")],
    ["Created", created || "<unknown>"],
    ...(deleted ? [["Terminating since", deleted] as const] : []),
    ["UID", textAt(metadata, "uid") || "<none>"],
    ["Resource Version", textAt(metadata, "resourceVersion") || "<none>"],
    ...(owners.length > 0
      ? [
        [
          "Controlled By",
          owners.map(({ kind, name }) => `${kind}/${name}`).join("\n"),
        ] as const,
      ]
      : []),
  ];
}

/** Never the values: `get -o yaml --show-secrets` shows them. */
function describeSecret(secret: Printed): Part[] {
  const sizes = Object.entries(fieldsAt(secret, "data")).map((
    [key, value],
  ): Part => [key, sizeOf(String(value))]);
  return [["Type", textAt(secret, "type") || "Opaque"], ["Data", sizes]];
}

/** `<hidden, 6 bytes>` says it already; what is shown is base64. */
function sizeOf(value: string): string {
  const told = /^<hidden, (\d+ bytes)>$/.exec(value)?.[1];
  if (told) return told;
  const padding = /={0,2}$/.exec(value)?.[0].length ?? 0;
  return `${Math.floor(value.length * 3 / 4) - padding} bytes`;
}

function describeConfigMap(config: Printed): Part[] {
  const texts = Object.entries(fieldsAt(config, "data"))
    .map(([key, value]): Part => [key, String(value)]);
  const binary = Object.entries(fieldsAt(config, "binaryData"))
    .map(([key, value]): Part => [key, sizeOf(String(value))]);
  return [
    ["Data", texts],
    ...(binary.length > 0 ? [["Binary Data", binary] as const] : []),
  ];
}

/** Where it lies, who wrote it, and what the cloud does not know yet. */
function storeParts({ item }: Line): Part[] {
  const outbox = item.outbox ?? [];
  const report = item.type !== "pod" ? [] : [
    [
      "Status from",
      item.status === undefined
        ? "the cloud, no report of an agent is stored"
        : `an agent's report, revision ${item.statusRevision}`,
    ] as const,
  ];
  return [
    ["Key", item.key],
    ["Revision", String(item.revision)],
    ["Version", item.version || "<none>"],
    ["Written by", item.source || "<none>"],
    ...report,
    [
      "Not confirmed by the cloud",
      outbox.map(({ operation, resource, ageSeconds, state, attempts }) =>
        `${operation} ${resource}, ${state}, for ` +
        `${humanDuration(ageSeconds)}, ${attempts} attempts`
      ).join("\n") || "<none>",
    ],
  ];
}

function without(object: Printed, names: ReadonlySet<string>): Printed {
  return Object.fromEntries(
    Object.entries(object).filter(([name]) => !names.has(name)),
  );
}
