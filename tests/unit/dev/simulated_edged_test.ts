import { assert, assertEquals } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";
import { newMessage } from "../../../lib/message/mod.ts";
import { EdgedWorld } from "./edged_world.ts";

Deno.test("SimulatedEdged, registers, keeps the lease and runs a pod", () => {
  const world = new EdgedWorld();
  world.connect();
  world.edged.start();
  world.pass(1);
  assert(world.edged.registered);
  world.pod("web-0");
  assertEquals(world.edged.pods().map(({ phase }) => phase), ["Pending"]);
  world.pass(11_000);
  assertEquals(world.edged.pods().map(({ phase }) => phase), ["Running"]);
  assertEquals(world.phase("web-0"), "Running");
  assertEquals(world.edged.renewals, 2);
  assert(world.core.isSynced("edge-1"));
  world.end();
});

Deno.test("SimulatedEdged, asks for what a pod refers to and waits for it", () => {
  const world = new EdgedWorld({ retryMs: 2000 });
  world.connect();
  world.edged.start();
  world.pass(1);
  world.core.objects.apply({
    kind: "ConfigMap",
    metadata: { name: "app" },
    data: { k: "v" },
  });
  world.pod("web-0", {
    volumes: [{ name: "v", configMap: { name: "app" } }],
    imagePullSecrets: [{ name: "pull" }],
  });
  world.pass(1500);
  assertEquals(world.edged.pods()[0]?.phase, "Pending");
  assertEquals([...world.edged.configsOf("default/web-0").keys()], [
    "configmap/app",
  ]);
  world.core.objects.apply({ kind: "Secret", metadata: { name: "pull" } });
  world.core.objects.apply({
    kind: "ConfigMap",
    metadata: { name: "app" },
    data: { k: "w" },
  });
  world.pass(4000);
  assertEquals(world.edged.pods()[0]?.phase, "Running");
  const config = world.edged.configsOf("default/web-0").get("configmap/app");
  assert(isRecord(config) && isRecord(config.data));
  assertEquals(config.data.k, "w");
  world.end();
});

Deno.test("SimulatedEdged, ends a pod that is being deleted and removes it", () => {
  const world = new EdgedWorld();
  world.connect();
  world.edged.start();
  world.pass(1);
  world.pod("web-0");
  world.pass(2000);
  const ref = { type: "pod", namespace: "default", name: "web-0" };
  world.core.objects.delete(ref);
  assertEquals(world.edged.pods()[0]?.phase, "Terminating");
  world.pass(1500);
  assertEquals(world.edged.pods(), []);
  assertEquals(world.core.objects.get(ref), undefined);
  world.end();
});

Deno.test("SimulatedEdged, a pod made again is another pod", () => {
  const world = new EdgedWorld();
  world.connect();
  world.edged.start();
  world.pass(1);
  world.pod("web-0");
  world.pass(2000);
  const [first] = world.edged.pods();
  world.cut();
  const ref = { type: "pod", namespace: "default", name: "web-0" };
  world.core.objects.delete(ref, { gracePeriodSeconds: 0 });
  world.pod("web-0");
  world.connect();
  world.pass(8000);
  const [second, ...more] = world.edged.pods();
  assertEquals(more, []);
  assertEquals(second?.phase, "Running");
  assert(first?.uid !== second?.uid);
  world.end();
});

Deno.test("SimulatedEdged, starts that fail are counted, reported and tried again", () => {
  let tries = 0;
  const world = new EdgedWorld({
    random: () => tries++ < 2 ? 0 : 1,
    failureRate: 0.5,
    retryMs: 1000,
  });
  world.connect();
  world.edged.start();
  world.pass(1);
  world.pod("web-0");
  world.pass(1500);
  assertEquals(world.edged.pods()[0]?.failures, 1);
  assertEquals(world.phase("web-0"), "Pending");
  world.pass(3000);
  assertEquals(world.edged.pods()[0]?.failures, 2);
  assertEquals(world.phase("web-0"), "Running");
  world.end();
});

Deno.test("SimulatedEdged, tries again what failed while the cloud was away", () => {
  const world = new EdgedWorld({ requestTimeoutMs: 1000, retryMs: 1000 });
  world.edged.start();
  world.pass(10_000);
  assertEquals(world.edged.registered, false);
  world.connect();
  world.deliver(newMessage(world.stamp, {
    source: "edgehub",
    group: "meta",
    operation: "connect",
    resource: "node/connection",
    content: "cloud_connected",
  }));
  assert(world.edged.isCloudConnected);
  world.pass(10);
  assert(world.edged.registered);
  assertEquals(world.edged.renewals, 1);
  world.cut();
  world.pass(20_000);
  assertEquals(world.edged.renewals, 1);
  world.connect();
  world.pass(20_000);
  assert(world.edged.renewals > 1);
  world.end();
});

Deno.test("SimulatedEdged, a lease that somebody else wrote is read again", () => {
  const world = new EdgedWorld({ retryMs: 1000, leaseMs: 1000 });
  world.connect();
  world.edged.start();
  world.pass(10);
  assertEquals(world.edged.renewals, 1);
  world.core.objects.update(
    { type: "lease", namespace: "kube-node-lease", name: "edge-1" },
    (lease) => ({ ...lease, spec: {} }),
  );
  world.pass(1000);
  assertEquals(world.edged.renewals, 1);
  world.pass(1000);
  assertEquals(world.edged.renewals, 2);
  world.end();
});

Deno.test("SimulatedEdged, a status that nobody took is reported again", () => {
  const world = new EdgedWorld({ requestTimeoutMs: 500, retryMs: 500 });
  world.connect();
  world.edged.start();
  world.pass(1);
  world.pod("web-0");
  world.cut();
  world.pass(3000);
  assertEquals(world.phase("web-0"), "Pending");
  world.connect();
  world.pass(2000);
  assertEquals(world.phase("web-0"), "Running");
  world.end();
});

Deno.test("SimulatedEdged, answers writes once and only if it does answer", () => {
  for (const answers of [true, false]) {
    const world = new EdgedWorld({ answers });
    const write = newMessage(world.stamp, {
      source: "edgecontroller",
      group: "resource",
      operation: "insert",
      resource: "default/pod/other",
      content: { metadata: { uid: "1" }, spec: { nodeName: "edge-2" } },
    });
    world.deliver(write);
    world.deliver({ ...write, route: { ...write.route, operation: "query" } });
    assertEquals(world.edged.pods(), []);
    assertEquals(
      world.sent.map(({ header }) => header.parent_msg_id),
      answers ? [write.header.msg_id] : [],
    );
    world.end();
  }
});

Deno.test("SimulatedEdged, after a full replay only what was in it is left", () => {
  const world = new EdgedWorld();
  world.connect();
  world.edged.start();
  world.pass(1);
  world.pod("kept");
  world.pod("gone");
  world.cut();
  const marker = (state: string, full: boolean) =>
    world.deliver(newMessage(world.stamp, {
      source: "metamanager",
      group: "edged",
      operation: "publish",
      resource: "meta/replay",
      content: { state, full },
    }));
  marker("started", false);
  marker("finished", false);
  assertEquals(world.edged.pods().length, 2);
  marker("started", true);
  const ref = { type: "pod", namespace: "default", name: "kept" };
  world.deliver(newMessage(world.stamp, {
    source: "edgecontroller",
    group: "resource",
    operation: "update",
    resource: "default/pod/kept",
    content: world.core.objects.get(ref),
  }));
  marker("finished", true);
  assertEquals(world.edged.pods().map(({ key }) => key), ["default/kept"]);
  world.end();
});
