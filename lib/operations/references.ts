import { isRecord } from "../base/mod.ts";
import { ResourceType } from "../message/mod.ts";

/** An object that a pod names; the namespace is the pod's. */
export interface Reference {
  /** Its resource type. */
  readonly type: string;
  /** Its name. */
  readonly name: string;
}

/** Volume sources that name a secret, and the field in which they do. */
const SECRETS_OF_VOLUMES: readonly (readonly [string, string])[] = [
  ["azureFile", "secretName"],
  ["cephfs", "secretRef"],
  ["cinder", "secretRef"],
  ["csi", "nodePublishSecretRef"],
  ["flexVolume", "secretRef"],
  ["iscsi", "secretRef"],
  ["rbd", "secretRef"],
  ["scaleIO", "secretRef"],
  ["secret", "secretName"],
  ["storageos", "secretRef"],
];

const CONTAINERS = ["initContainers", "containers", "ephemeralContainers"];

/**
 * The configmaps, secrets and volume claims that a pod needs at its start:
 * what kubelet would read for it, each once.
 *
 * @param pod The pod, as stored.
 */
export function referencesOf(pod: unknown): Reference[] {
  const { metadata, spec } = record(pod);
  const found = new Map<string, Reference>();
  const add = (type: string, name: unknown) => {
    if (typeof name !== "string" || name === "") return;
    found.set(`${type}/${name}`, { type, name });
  };
  for (const secret of list(record(spec).imagePullSecrets)) {
    add(ResourceType.secret, secret.name);
  }
  for (const field of CONTAINERS) {
    for (const container of list(record(spec)[field])) {
      addOfContainer(container, add);
    }
  }
  for (const volume of list(record(spec).volumes)) {
    addOfVolume(volume, String(record(metadata).name ?? ""), add);
  }
  return [...found.values()];
}

type Add = (type: string, name: unknown) => void;

function addOfContainer(container: Fields, add: Add): void {
  for (const { configMapRef, secretRef } of list(container.envFrom)) {
    add(ResourceType.configmap, record(configMapRef).name);
    add(ResourceType.secret, record(secretRef).name);
  }
  for (const { valueFrom } of list(container.env)) {
    const { configMapKeyRef, secretKeyRef } = record(valueFrom);
    add(ResourceType.configmap, record(configMapKeyRef).name);
    add(ResourceType.secret, record(secretKeyRef).name);
  }
}

function addOfVolume(volume: Fields, podName: string, add: Add): void {
  add(ResourceType.configmap, record(volume.configMap).name);
  for (const [source, field] of SECRETS_OF_VOLUMES) {
    const name = record(volume[source])[field];
    add(ResourceType.secret, isRecord(name) ? name.name : name);
  }
  for (const { configMap, secret } of list(record(volume.projected).sources)) {
    add(ResourceType.configmap, record(configMap).name);
    add(ResourceType.secret, record(secret).name);
  }
  const claim = ResourceType.persistentvolumeclaim;
  add(claim, record(volume.persistentVolumeClaim).claimName);
  // Kubernetes makes the claim of an ephemeral volume under this name.
  if (isRecord(volume.ephemeral)) add(claim, `${podName}-${volume.name}`);
}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
