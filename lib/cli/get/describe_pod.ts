import { pairsText, type Part } from "./describe_text.ts";
import { fieldsAt, listAt, type Printed, textAt } from "./object_of.ts";
import { podState } from "./pod_state.ts";

/** What is told of a pod after its metadata. */
export function describePod(pod: Printed): Part[] {
  const text = (...path: string[]) => textAt(pod, ...path) || "<none>";
  const { status } = podState(pod);
  const reason = textAt(pod, "status", "reason");
  const message = textAt(pod, "status", "message");
  const init = listAt(pod, "spec", "initContainers");
  const conditions = listAt(pod, "status", "conditions");
  return [
    ["Node", text("spec", "nodeName")],
    ["Service Account", text("spec", "serviceAccountName")],
    ["Start Time", text("status", "startTime")],
    ["Status", status],
    ...(reason ? [["Reason", reason] as const] : []),
    ...(message ? [["Message", message] as const] : []),
    ["IP", text("status", "podIP")],
    ...(init.length > 0
      ? [
        [
          "Init Containers",
          containers(pod, init, "initContainerStatuses"),
        ] as const,
      ]
      : []),
    [
      "Containers",
      containers(pod, listAt(pod, "spec", "containers"), "containerStatuses"),
    ],
    [
      "Conditions",
      conditions.map(({ type, status, reason }) =>
        [`${type}`, `${status}${reason ? `  ${reason}` : ""}`] as const
      ),
    ],
    ["Volumes", listAt(pod, "spec", "volumes").map(volume)],
    ["QoS Class", text("status", "qosClass")],
    ["Node-Selectors", pairsText(fieldsAt(pod, "spec", "nodeSelector"))],
    [
      "Tolerations",
      listAt(pod, "spec", "tolerations").map(toleration)
        .join("\n") || "<none>",
    ],
  ];
}

function containers(
  pod: Printed,
  specs: readonly Printed[],
  field: string,
): Part[] {
  const statuses = listAt(pod, "status", field);
  return specs.map((spec) => {
    const status = statuses.find(({ name }) => name === spec.name) ?? {};
    return [String(spec.name), container(spec, status)];
  });
}

function container(spec: Printed, status: Printed): Part[] {
  const ports = listAt(spec, "ports")
    .map(({ containerPort, protocol = "TCP" }) =>
      `${containerPort}/${protocol}`
    );
  const isReported = "state" in status;
  const parts: Part[] = [
    ["Container ID", textAt(status, "containerID")],
    ["Image", textAt(spec, "image")],
    ["Image ID", textAt(status, "imageID")],
    ["Ports", ports.join(", ") || "<none>"],
    ...argumentParts(spec),
    ["State", isReported ? state(fieldsAt(status, "state")) : "not reported"],
  ];
  const last = fieldsAt(status, "lastState");
  if (Object.keys(last).length > 0) parts.push(["Last State", state(last)]);
  parts.push(
    ["Ready", status.ready === true ? "True" : "False"],
    ["Restart Count", String(status.restartCount ?? 0)],
  );
  for (const kind of ["limits", "requests"]) {
    const amounts = fieldsAt(spec, "resources", kind);
    if (Object.keys(amounts).length === 0) continue;
    const title = kind === "limits" ? "Limits" : "Requests";
    parts.push([title, Object.entries(amounts).map(([k, v]) => [k, `${v}`])]);
  }
  const from = listAt(spec, "envFrom").map(sourceText);
  if (from.length > 0) {
    parts.push(["Environment Variables from", from.join("\n")]);
  }
  parts.push(
    [
      "Environment",
      listAt(spec, "env").map((one) => [`${one.name}`, envText(one)]),
    ],
    [
      "Mounts",
      listAt(spec, "volumeMounts").map(({ mountPath, name, readOnly }) =>
        `${mountPath} from ${name} (${readOnly === true ? "ro" : "rw"})`
      ).join("\n") || "<none>",
    ],
  );
  return parts;
}

function argumentParts(spec: Printed): Part[] {
  return [["Command", spec.command], ["Args", spec.args]].flatMap(
    ([name, words]) =>
      Array.isArray(words) ? [[String(name), words.join("\n")] as const] : [],
  );
}

/** A container's state, `Waiting`, `Running` or `Terminated`, with what is known. */
function state(states: Printed): string {
  const [kind, found] = Object.entries(states)[0] ?? [];
  if (kind === undefined) return "Waiting";
  const lines = [kind.charAt(0).toUpperCase() + kind.slice(1)];
  const about: readonly (readonly [string, string])[] = [
    ["Reason", "reason"],
    ["Message", "message"],
    ["Exit Code", "exitCode"],
    ["Signal", "signal"],
    ["Started", "startedAt"],
    ["Finished", "finishedAt"],
  ];
  for (const [name, field] of about) {
    const text = textAt(found, field);
    if (text) lines.push(`${name}: ${text}`);
  }
  return lines.join("\n");
}

function envText(env: Printed): string {
  const from = fieldsAt(env, "valueFrom");
  const key = textAt(from, "configMapKeyRef", "key");
  if (key) {
    const name = textAt(from, "configMapKeyRef", "name");
    return `<set to the key '${key}' of config map '${name}'>`;
  }
  const secret = textAt(from, "secretKeyRef", "key");
  if (secret) {
    const name = textAt(from, "secretKeyRef", "name");
    return `<set to the key '${secret}' in secret '${name}'>`;
  }
  const field = textAt(from, "fieldRef", "fieldPath");
  return field ? `(${field})` : textAt(env, "value");
}

function sourceText(from: Printed): string {
  const secret = textAt(from, "secretRef", "name");
  return secret
    ? `${secret}  Secret`
    : `${textAt(from, "configMapRef", "name")}  ConfigMap`;
}

/** A volume's name with the kind of its source and what that names. */
function volume(one: Printed): Part {
  const [kind = "none", source] =
    Object.entries(one).find(([name]) => name !== "name") ?? [];
  const named = ["name", "secretName", "claimName", "path", "driver"]
    .map((field) => textAt(source, field)).find(Boolean);
  const title = kind.charAt(0).toUpperCase() + kind.slice(1);
  return [String(one.name), named ? `${title} ${named}` : title];
}

function toleration(
  { key, operator, value, effect, tolerationSeconds }: Printed,
) {
  const what = `${key ?? ""}${value ? `=${value}` : ""}`;
  return `${what}${effect ? `:${effect}` : ""} ` +
    `op=${operator ?? "Equal"}` +
    (tolerationSeconds === undefined ? "" : ` for ${tolerationSeconds}s`);
}
