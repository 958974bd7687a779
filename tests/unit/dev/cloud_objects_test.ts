import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { seededIds, seededRandom } from "../../../lib/base/mod.ts";
import { refOf } from "../../../lib/dev/cloud_object.ts";
import { CloudObjects } from "../../../lib/dev/cloud_objects.ts";
import { ManualClock } from "./manual_clock.ts";

const REF = { type: "configmap", namespace: "default", name: "a" };
const CONFIG = { kind: "ConfigMap", metadata: { name: "a" }, data: { k: "1" } };

function objectsOf() {
  const clock = new ManualClock();
  const objects = new CloudObjects({ clock, ids: seededIds(seededRandom(1)) });
  const events: string[] = [];
  const end = objects.watch(({ type, object }) =>
    events.push(`${type} ${object.metadata.resourceVersion}`)
  );
  return { clock, objects, events, end };
}

Deno.test("CloudObjects, one counter for all versions and a watch in order", () => {
  const { objects, events, end } = objectsOf();
  const made = objects.apply(CONFIG);
  assertEquals(made.apiVersion, "v1");
  assertEquals(made.metadata.namespace, "default");
  assertEquals(made.metadata.creationTimestamp, "2026-11-21T20:43:23Z");
  objects.apply({ kind: "Secret", metadata: { name: "s", namespace: "x" } });
  objects.apply({ ...CONFIG, data: { k: "2" } });
  objects.delete(REF);
  assertEquals(events, [
    "added 1000",
    "added 1001",
    "modified 1002",
    "deleted 1003",
  ]);
  assertEquals(objects.version, "1003");
  assertEquals(objects.list("secret", "x").length, 1);
  assertEquals(objects.list("secret", "y"), []);
  end();
  objects.apply(CONFIG);
  assertEquals(events.length, 4);
});

Deno.test("CloudObjects, a change of nothing keeps the version and is not told", () => {
  const { objects, events } = objectsOf();
  const made = objects.apply(CONFIG);
  assertEquals(objects.apply(CONFIG), made);
  assertEquals(events.length, 1);
});

Deno.test("CloudObjects, made again under its name it has another uid", () => {
  const { objects } = objectsOf();
  const first = objects.apply(CONFIG);
  objects.delete(REF);
  const second = objects.apply(CONFIG);
  assertNotEquals(second.metadata.uid, first.metadata.uid);
});

Deno.test("CloudObjects, refuses with Kubernetes' own words", () => {
  const { objects } = objectsOf();
  const missing = objects.update(REF, (object) => object);
  assert(!missing.ok);
  assertEquals(missing.status.message, 'configmaps "a" not found');
  assert(!objects.delete(REF).ok);
  const made = objects.create(CONFIG);
  const again = objects.create(CONFIG);
  assert(made.ok && !again.ok);
  assertEquals(again.status.reason, "AlreadyExists");
  const stale = objects.update(REF, (object) => object, {
    resourceVersion: "1",
  });
  assert(!stale.ok);
  assertEquals(stale.status.code, 409);
  const other = objects.delete(REF, { uid: "x" });
  assert(!other.ok);
  assert(other.status.message.includes("UID in precondition: x"));
  assert(
    objects.update(REF, (object) => object, {
      resourceVersion: made.object.metadata.resourceVersion,
      uid: made.object.metadata.uid,
    }).ok,
  );
});

Deno.test("CloudObjects, an update cannot change what makes the object", () => {
  const { objects } = objectsOf();
  const made = objects.apply(CONFIG);
  objects.update(REF, (object) => ({
    ...object,
    metadata: { ...object.metadata, name: "b", uid: "x", labels: { l: "1" } },
  }));
  const { metadata } = objects.get(REF) ?? made;
  assertEquals([metadata.name, metadata.uid], ["a", made.metadata.uid]);
  assertEquals(metadata.labels, { l: "1" });
});

Deno.test("CloudObjects, a bound pod ends gracefully, others at once", () => {
  const { objects, clock } = objectsOf();
  const pod = (name: string, spec: Record<string, unknown>) =>
    refOf(objects.apply({ kind: "Pod", metadata: { name }, spec }));
  const bound = pod("bound", { nodeName: "n" });
  const free = pod("free", {});
  const ending = objects.delete(bound);
  assert(ending.ok);
  assertEquals(
    ending.object.metadata.deletionTimestamp,
    objects.timestamp(30_000),
  );
  clock.advance(5000);
  assertEquals(objects.delete(bound), ending);
  assert(objects.get(bound));
  objects.delete(bound, { gracePeriodSeconds: 0 });
  assertEquals(objects.get(bound), undefined);
  objects.delete(free);
  assertEquals(objects.list("pod"), []);
});

Deno.test("CloudObjects, cluster-scoped objects have no namespace", () => {
  const { objects } = objectsOf();
  const node = objects.apply({
    kind: "Node",
    metadata: { name: "n", namespace: "default" },
  });
  assertEquals("namespace" in node.metadata, false);
  assertEquals(refOf(node).namespace, "null");
  for (const namespace of ["default", "null"]) {
    assert(objects.get({ type: "node", namespace, name: "n" }));
  }
  const custom = objects.apply({ kind: "Widget", metadata: { name: "w" } });
  assertEquals([custom.kind, custom.metadata.namespace], ["Widget", "default"]);
});
