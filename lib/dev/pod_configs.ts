import { isRecord } from "../base/mod.ts";

/** A configmap or secret that a pod names. */
export interface ConfigRef {
  /** Its type. */
  readonly type: "configmap" | "secret";
  /** Its name; the namespace is the pod's. */
  readonly name: string;
}

const CONFIG_FIELDS: ReadonlySet<string> = new Set([
  "configMap",
  "configMapRef",
  "configMapKeyRef",
]);
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  "secret",
  "secretRef",
  "secretKeyRef",
]);

/**
 * The configmaps and secrets that a pod's spec names: by volume, projected
 * volume, env, envFrom or imagePullSecrets, each once.
 */
export function configsOf(spec: unknown): ConfigRef[] {
  const found = new Map<string, ConfigRef>();
  const add = (type: ConfigRef["type"], name: unknown) => {
    if (typeof name === "string" && name !== "") {
      found.set(`${type}/${name}`, { type, name });
    }
  };
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (!isRecord(value)) return;
    for (const [field, inner] of Object.entries(value)) {
      if (isRecord(inner)) {
        if (CONFIG_FIELDS.has(field)) add("configmap", inner.name);
        // A volume says secretName, everything else name.
        if (SECRET_FIELDS.has(field)) {
          add("secret", inner.secretName ?? inner.name);
        }
      } else if (field === "imagePullSecrets" && Array.isArray(inner)) {
        for (const item of inner) {
          if (isRecord(item)) add("secret", item.name);
        }
      }
      walk(inner);
    }
  };
  walk(spec);
  return [...found.values()];
}
