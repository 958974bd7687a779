import { assert, assertEquals } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";
import { Asker } from "./asker.ts";

Deno.test("answer, a patch must be a JSON object in a string", () => {
  const asker = new Asker();
  asker.objects.apply({ kind: "Pod", metadata: { name: "a" } });
  for (const patch of ["{", "[]", { status: {} }]) {
    const reason = asker.reason("patch", "default/podpatch/a", patch);
    assertEquals(reason, "BadRequest");
  }
});

Deno.test("answer, a patch of the status changes neither spec nor name", () => {
  const asker = new Asker();
  asker.objects.apply({ kind: "Pod", metadata: { name: "a" } });
  const patch = {
    metadata: { name: "b", labels: { l: "1" } },
    spec: { nodeName: "x" },
    status: { phase: "Running" },
  };
  asker.ask("patch", "default/podpatch/a", JSON.stringify(patch));
  const pod = asker.objects.get({
    type: "pod",
    namespace: "default",
    name: "a",
  });
  assertEquals(pod?.metadata.labels, { l: "1" });
  assert(isRecord(pod?.spec) && isRecord(pod.status));
  assertEquals([pod.spec.nodeName, pod.status.phase], [undefined, "Running"]);
});

Deno.test("answer, graceful deletes and mirror pods", () => {
  const asker = new Asker();
  const pod = "default/pod/static";
  const content = { metadata: {}, spec: { nodeName: "edge-1" } };
  assertEquals(asker.ask("insert", pod, content).length, 1);
  assertEquals(asker.reason("insert", pod, content), "AlreadyExists");
  assertEquals(asker.ask("delete", pod, null)[0]?.content, "OK");
  const [ending] = asker.objects.list("pod");
  assert(ending?.metadata.deletionTimestamp);
});
