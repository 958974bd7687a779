import { assertEquals } from "@std/assert";
import { referencesOf } from "../../../lib/operations/references.ts";

const named = (pod: unknown) =>
  referencesOf(pod).map(({ type, name }) => `${type}/${name}`).sort();

Deno.test("referencesOf, finds what containers of every sort name", () => {
  const container = (n: string) => ({
    env: [
      { name: "A", value: "plain" },
      { valueFrom: { configMapKeyRef: { name: `env-${n}`, key: "k" } } },
      { valueFrom: { secretKeyRef: { name: `env-${n}`, key: "k" } } },
      { valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ],
    envFrom: [
      { configMapRef: { name: `from-${n}` } },
      { secretRef: { name: `from-${n}` } },
    ],
  });
  assertEquals(
    named({
      spec: {
        initContainers: [container("init")],
        containers: [container("main"), container("main")],
        ephemeralContainers: [container("late")],
        imagePullSecrets: [{ name: "pull" }, {}],
      },
    }),
    [
      ...["init", "late", "main"].flatMap((n) => [
        `configmap/env-${n}`,
        `configmap/from-${n}`,
        `secret/env-${n}`,
        `secret/from-${n}`,
      ]),
      "secret/pull",
    ].sort(),
  );
});

Deno.test("referencesOf, finds what volumes of every sort name", () => {
  const volumes = [
    { name: "a", configMap: { name: "cm" } },
    { name: "b", secret: { secretName: "s" } },
    {
      name: "c",
      projected: {
        sources: [
          { configMap: { name: "kube-root-ca.crt" } },
          { secret: { name: "projected" } },
          { serviceAccountToken: { path: "token" } },
        ],
      },
    },
    { name: "d", persistentVolumeClaim: { claimName: "claim" } },
    { name: "scratch", ephemeral: { volumeClaimTemplate: {} } },
    { name: "e", csi: { nodePublishSecretRef: { name: "csi" } } },
    { name: "f", azureFile: { secretName: "azure" } },
    { name: "g", iscsi: { secretRef: { name: "iscsi" } } },
    { name: "h", emptyDir: {} },
  ];
  assertEquals(named({ metadata: { name: "web-0" }, spec: { volumes } }), [
    "configmap/cm",
    "configmap/kube-root-ca.crt",
    "persistentvolumeclaim/claim",
    "persistentvolumeclaim/web-0-scratch",
    "secret/azure",
    "secret/csi",
    "secret/iscsi",
    "secret/projected",
    "secret/s",
  ]);
});

Deno.test("referencesOf, takes nothing from what has another shape", () => {
  for (
    const pod of [undefined, null, [], { spec: 1 }, {
      spec: {
        containers: [null, { env: "x", envFrom: [1] }],
        volumes: [{ configMap: "x", projected: { sources: {} } }, {
          secret: { secretName: "" },
        }],
      },
    }]
  ) assertEquals(referencesOf(pod), []);
});
