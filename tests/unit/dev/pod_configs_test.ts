import { assertEquals } from "@std/assert";
import { configsOf } from "../../../lib/dev/pod_configs.ts";

Deno.test("configsOf, finds every way of naming a configmap or secret, once", () => {
  const found = configsOf({
    imagePullSecrets: [{ name: "pull" }, "junk"],
    containers: [{
      envFrom: [{ configMapRef: { name: "env" } }, {
        secretRef: { name: "s-env" },
      }],
      env: [
        { valueFrom: { configMapKeyRef: { name: "key", key: "k" } } },
        { valueFrom: { secretKeyRef: { name: "s-key", key: "k" } } },
      ],
    }],
    volumes: [
      { name: "v", configMap: { name: "env" } },
      { name: "w", secret: { secretName: "s-vol" } },
      { projected: { sources: [{ secret: { name: "s-proj" } }] } },
    ],
  });
  assertEquals(found.map(({ type, name }) => `${type}/${name}`).sort(), [
    "configmap/env",
    "configmap/key",
    "secret/pull",
    "secret/s-env",
    "secret/s-key",
    "secret/s-proj",
    "secret/s-vol",
  ]);
  assertEquals(configsOf(undefined), []);
});
