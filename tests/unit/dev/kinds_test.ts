import { assertEquals } from "@std/assert";
import { kindOf, kindOfPlural, namespaceOf } from "../../../lib/dev/kinds.ts";

Deno.test("kindOf, what Kubernetes knows of a type", () => {
  const lease = kindOf("lease");
  assertEquals([lease.kind, lease.apiVersion, lease.plural, lease.namespaced], [
    "Lease",
    "coordination.k8s.io/v1",
    "leases",
    true,
  ]);
  assertEquals(kindOf("widget").plural, "widgets");
});

Deno.test("kindOfPlural, known kinds only", () => {
  assertEquals(kindOfPlural("configmaps")?.type, "configmap");
  assertEquals(kindOfPlural("widgets"), undefined);
});

Deno.test("namespaceOf, null for cluster-scoped types", () => {
  assertEquals(namespaceOf("node", "default"), "null");
  assertEquals(namespaceOf("persistentvolume", "default"), "null");
  assertEquals(namespaceOf("pod", "default"), "default");
});
