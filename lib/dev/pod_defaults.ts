import { isRecord } from "../base/mod.ts";
import type { CloudObject } from "./cloud_object.ts";

const SPEC_DEFAULTS = {
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  serviceAccountName: "default",
  schedulerName: "default-scheduler",
  enableServiceLinks: true,
};

/** Adds to a pod what the API server adds; other objects stay as they are. */
export function withPodDefaults(object: CloudObject): CloudObject {
  if (object.kind !== "Pod") return object;
  const spec = isRecord(object.spec) ? object.spec : {};
  const status = isRecord(object.status) ? object.status : {};
  return {
    ...object,
    spec: {
      ...SPEC_DEFAULTS,
      ...spec,
      containers: containersOf(spec.containers),
    },
    status: { phase: "Pending", qosClass: "BestEffort", ...status },
  };
}

/** Go writes a container's `resources` even when they are empty. */
function containersOf(containers: unknown): unknown {
  if (!Array.isArray(containers)) return [];
  return containers.map((container) =>
    isRecord(container) ? { resources: {}, ...container } : container
  );
}
