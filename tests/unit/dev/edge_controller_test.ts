import { assert, assertEquals } from "@std/assert";
import { isRecord, seededIds, seededRandom } from "../../../lib/base/mod.ts";
import { CloudObjects } from "../../../lib/dev/cloud_objects.ts";
import {
  EDGE_LABEL,
  EdgeController,
} from "../../../lib/dev/edge_controller.ts";
import { ManualClock } from "./manual_clock.ts";

function worldOf() {
  const clock = new ManualClock();
  const ids = seededIds(seededRandom(1));
  const objects = new CloudObjects({ clock, ids });
  const told: string[] = [];
  const controller = new EdgeController({
    stamp: { newId: ids, now: () => clock.now() },
    send: (node, { route }) =>
      told.push(`${node}: ${route.operation} ${route.resource}`),
    pushNodes: false,
  });
  objects.watch((event) => controller.handle(event));
  const labels = { [EDGE_LABEL]: "" };
  objects.apply({ kind: "Node", metadata: { name: "n", labels } });
  return { objects, controller, told };
}

const POD = {
  kind: "Pod",
  metadata: { name: "a" },
  spec: { nodeName: "n", volumes: [{ configMap: { name: "c" } }] },
};
const REF = { type: "pod", namespace: "default", name: "a" };

Deno.test("EdgeController, a pod comes as insert if it was made bound, else as update", () => {
  const { objects, told } = worldOf();
  objects.apply(POD);
  objects.apply({ kind: "Pod", metadata: { name: "b" }, spec: {} });
  assertEquals(told, ["n: insert default/pod/a"]);
  objects.update({ ...REF, name: "b" }, (pod) => ({
    ...pod,
    spec: { nodeName: "n" },
  }));
  objects.delete(REF, { gracePeriodSeconds: 0 });
  assertEquals(told.slice(1), [
    "n: update default/pod/b",
    "n: delete default/pod/a",
  ]);
});

Deno.test("EdgeController, a status-only change is held back and leaves no kind", () => {
  const { objects, controller, told } = worldOf();
  const pod = objects.apply(POD);
  assert(controller.hasKind(pod));
  const changed = objects.update(REF, (old) => ({ ...old, status: {} }));
  assert(changed.ok && !controller.hasKind(changed.object));
  assertEquals(told.length, 1);
  objects.update(REF, (old) => ({
    ...old,
    spec: { ...isRecord(old.spec) ? old.spec : {}, hostNetwork: true },
  }));
  assert(controller.hasKind(pod));
  assertEquals(told.length, 2);
});

Deno.test("EdgeController, configmaps and secrets go where pods refer to them, later too", () => {
  const { objects, told } = worldOf();
  const config = { kind: "ConfigMap", metadata: { name: "c" } };
  objects.apply(config);
  objects.apply(POD);
  assertEquals(told, ["n: insert default/pod/a"]);
  objects.delete(REF, { gracePeriodSeconds: 0 });
  told.length = 0;
  objects.apply({ ...config, data: {} });
  objects.delete({ ...REF, type: "configmap", name: "c" });
  objects.apply(config);
  objects.apply({ ...config, metadata: { name: "c", namespace: "other" } });
  assertEquals(told, [
    "n: update default/configmap/c",
    "n: delete default/configmap/c",
    "n: insert default/configmap/c",
  ]);
});

Deno.test("EdgeController, relist sees everything as new, an ending pod as update", () => {
  const { objects, controller, told } = worldOf();
  objects.apply({ kind: "ConfigMap", metadata: { name: "c" } });
  objects.apply(POD);
  objects.delete(REF);
  told.length = 0;
  controller.relist(objects);
  assertEquals(told, [
    "n: update default/pod/a",
    "n: insert default/configmap/c",
  ]);
  objects.delete({ type: "node", namespace: "", name: "n" });
  objects.delete(REF, { gracePeriodSeconds: 0 });
  assertEquals(told.length, 2);
});
