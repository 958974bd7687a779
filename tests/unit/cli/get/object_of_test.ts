import { assertEquals } from "@std/assert";
import { objectOf } from "../../../../lib/cli/get/object_of.ts";
import { item } from "./items.ts";

Deno.test("objectOf, a pod has the status that its own agent reported", () => {
  const value = { metadata: { name: "a" }, status: { phase: "Pending" } };
  const report = (UID: string) =>
    JSON.stringify({ UID, Name: "a", Status: { phase: "Running" } });
  const phase = (status?: string) =>
    (objectOf(
      item("pod", "a", value, { uid: "u1", ...(status ? { status } : {}) }),
    ) as typeof value).status.phase;
  assertEquals(phase(), "Pending");
  assertEquals(phase(report("u1")), "Running");
  assertEquals(phase(report("")), "Running");
  assertEquals(phase(report("of another")), "Pending");
  assertEquals(phase("no json"), "Pending");
});

Deno.test("objectOf, what is no object of Kubernetes gets a kind and a name", () => {
  assertEquals(
    objectOf(item("podstatus", "a", { UID: "u", Status: {} }, { uid: "u" })),
    {
      kind: "PodStatusRequest",
      metadata: { name: "a", namespace: "default", uid: "u" },
      UID: "u",
      Status: {},
    },
  );
  assertEquals(objectOf(item("ca.crt", "", "PEM", { namespace: "" })), {
    kind: "ca.crt",
    metadata: { name: "" },
    value: "PEM",
  });
  assertEquals(objectOf(item("rule", "", [{ a: 1 }])), {
    kind: "ruleList",
    metadata: { name: "", namespace: "default" },
    items: [{ a: 1 }],
  });
  assertEquals(objectOf(item("x", "a", { metadata: { name: "a" } })), {
    kind: "x",
    metadata: { name: "a" },
  });
});
