import { assert, assertEquals, assertRejects } from "@std/assert";
import { RequestFailedError } from "../../lib/agent/mod.ts";
import { seededRandom, SystemClock } from "../../lib/base/mod.ts";
import { Logger } from "../../lib/telemetry/mod.ts";
import { until } from "../support/edged_harness.ts";
import {
  configManifest,
  NODE,
  Picture,
  podManifest,
  podRef,
  summaryOf,
  World,
} from "../support/node_world.ts";

/** What a pod that refers to everything needs at start. */
const TOKEN_REQUEST = (uid: string) => ({
  spec: {
    audiences: ["https://kubernetes.default.svc"],
    expirationSeconds: 3607,
    boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web-0", uid },
  },
});

Deno.test("the seven operations over wss and a Unix socket", async () => {
  await using world = await World.start({ tls: true });
  const { hub } = world;
  await using node = await world.node({
    sets: ["meta.sync.podstatus.interval=1"],
  });
  await node.start();
  const picture = new Picture();
  await using agent = world.agent({
    answers: true,
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();

  // NodeConnection: the agent hears of it, health and status show it.
  await until(() => agent.isCloudConnected, "connected");
  assertEquals(node.status().link.state, "connected");
  await until(() => node.health.report().state === "ok", "healthy");

  // Insert and update from the cloud.
  const pod = hub.apply(podManifest("web-0"));
  await hub.synced(NODE);
  hub.apply(podManifest("web-0", 1));
  await hub.synced(NODE);
  assertEquals(picture.summary("pod"), summaryOf(hub.list("pod")));
  const { uid } = pod.metadata;

  // Query: from the cloud, then from the store since the cloud keeps it fresh.
  hub.apply(configManifest("app", "1"));
  const [config] = await agent.query("default/configmap/app");
  assertEquals((config as { data: unknown }).data, { value: "1" });
  await hub.synced(NODE);
  const questions = () =>
    hub.frames.entries.filter(({ from, message }) =>
      from === "edge" && message?.route.resource === "default/configmap/app" &&
      message.route.operation === "query"
    ).length;
  assertEquals(await agent.query("default/configmap/app"), [config]);
  assertEquals(questions(), 1);

  // Insert from edged: a request that the cloud answers.
  const lease = "kube-node-lease/lease/edge-1";
  const metadata = { name: NODE, namespace: "kube-node-lease" };
  await agent.request("insert", lease, {
    content: { metadata, spec: { holderIdentity: NODE } },
  });
  assert(hub.get({ type: "lease", namespace: "kube-node-lease", name: NODE }));

  // Update from edged, and MetaSync.
  const status = { phase: "Running" };
  await agent.reportPodStatus(
    { namespace: "default", name: "web-0", uid },
    status,
  );
  await until(
    () =>
      (hub.get(podRef("web-0"))?.status as typeof status)?.phase ===
        "Running",
    "the report reached the cloud",
  );
  await until(() => node.status().store?.outbox === 0, "it was confirmed");
  await hub.frames.waitFor(({ from, message }) =>
    from === "edge" && message?.route.resource === "default/podstatus"
  );

  // Delete: the pod's own way down.
  hub.delete(podRef("web-0"));
  await until(
    () =>
      picture.objects.get("default/pod/web-0")?.metadata.deletionTimestamp !==
        undefined,
    "the agent is told to end it",
  );
  await agent.request("delete", "default/pod/web-0", {
    content: { gracePeriodSeconds: 0, preconditions: { uid } },
  });
  await until(() => picture.summary("pod").length === 0, "it is deleted");
  await hub.synced(NODE);
  assertEquals(await agent.query("default/pod"), []);
  assertEquals(await agent.query("default/podstatus"), []);
});

Deno.test("cold_start_offline_serves_everything, C1", async () => {
  await using world = await World.start({ tls: true });
  const { hub } = world;
  hub.apply({ kind: "Secret", metadata: { name: "s" }, data: { k: "YQ==" } });
  hub.apply(configManifest("app", "1"));
  hub.apply({ kind: "PersistentVolume", metadata: { name: "pv" }, spec: {} });
  hub.apply({
    kind: "PersistentVolumeClaim",
    metadata: { name: "pvc" },
    spec: { volumeName: "pv" },
  });
  hub.apply({
    kind: "VolumeAttachment",
    metadata: { name: "va" },
    spec: { nodeName: NODE },
  });
  const { uid } = hub.apply(podManifest("web-0")).metadata;
  const reads: (readonly [string, unknown?])[] = [
    ["default/pod"],
    ["default/pod/web-0"],
    [`null/node/${NODE}`],
    [`default/node/${NODE}`],
    ["default/configmap/app"],
    ["default/secret/s"],
    ["default/persistentvolume/pv"],
    ["default/persistentvolumeclaim/pvc"],
    ["null/volumeattachment/va"],
    ["default/serviceaccounttoken/default", TOKEN_REQUEST(uid)],
  ];
  const before: unknown[] = [];
  let path = "";
  {
    const node = await world.node();
    await node.start();
    await using agent = world.agent();
    await agent.connect();
    await until(() => agent.isCloudConnected, "connected");
    await hub.synced(NODE);
    await until(() => node.status().synced, "in sync");
    for (const [resource, content] of reads) {
      before.push(await agent.query(resource, { content }));
    }
    await hub.synced(NODE);
    path = await world.crashImage();
    await node.stop();
  }
  await hub.stop();
  await using node = await world.node({ sets: [`store.path=${path}`] });
  await node.start();
  await using agent = world.agent();
  await agent.connect();
  for (const [i, [resource, content]] of reads.entries()) {
    const found = await agent.query(resource, { content });
    assertEquals(found, before[i], resource);
    assertEquals(found.length, 1, resource);
  }
  assertEquals(agent.isCloudConnected, false);
  // Not there, not reachable and fleeting are told apart, at once.
  const fails = async (operation: string, resource: string) => {
    const error = await assertRejects(
      () => agent.request(operation, resource, { content: {} }),
      RequestFailedError,
    );
    return (error as RequestFailedError).reason;
  };
  assertEquals(await fails("query", "default/pod/none"), "NotFound");
  assertEquals(
    await fails("query", "default/secret/none"),
    "ServiceUnavailable",
  );
  assertEquals(
    await fails("update", "kube-node-lease/lease/edge-1"),
    "ServiceUnavailable",
  );
});

Deno.test("unconfirmed_first_delivery_is_recovered, A9", async () => {
  await using world = await World.start();
  const { hub } = world;
  await using node = await world.node();
  await node.start();
  // Later agents would get everything once more, as all that there is.
  await until(() => node.status().synced, "in sync");
  const picture = new Picture();
  await using agent = world.agent({
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  await until(() => agent.isCloudConnected, "connected");
  hub.faults.loseDownstream = true;
  const { uid } = hub.apply(podManifest("lost")).metadata;
  hub.cut(NODE);
  hub.faults.loseDownstream = false;
  await until(() => !agent.isCloudConnected, "disconnected");
  node.reconnect();
  await hub.synced(NODE);
  await until(() => picture.events.length > 0, "told");
  assertEquals(picture.events, [`update default/pod/lost ${uid}`]);
});

for (const seed of [1, 2, 3]) {
  Deno.test(`recreated_object_replaces_old, B2, repairs in order ${seed}`, async () => {
    await using world = await World.start({
      hub: { random: seededRandom(seed) },
    });
    const { hub } = world;
    await using node = await world.node();
    await node.start();
    // Later agents would get everything once more, as all that there is.
    await until(() => node.status().synced, "in sync");
    const picture = new Picture();
    await using agent = world.agent({
      answers: true,
      onMessage: (message) => picture.take(message),
    });
    await agent.connect();
    await until(() => agent.isCloudConnected, "connected");
    const first = hub.apply(podManifest("again")).metadata.uid;
    await hub.synced(NODE);
    hub.faults.refuseStatus = 503;
    hub.cut(NODE);
    await until(() => !agent.isCloudConnected, "disconnected");
    hub.delete(podRef("again"), { gracePeriodSeconds: 0 });
    const second = hub.apply(podManifest("again", 2)).metadata.uid;
    hub.faults.refuseStatus = undefined;
    node.reconnect();
    await hub.synced(NODE);
    await until(() => picture.events.length > 2, "told");
    assertEquals(picture.events.map((event) => event.replace("insert", "is")), [
      `is default/pod/again ${first}`,
      `delete default/pod/again ${first}`,
      `update default/pod/again ${second}`,
    ]);
    assertEquals(picture.summary("pod"), summaryOf(hub.list("pod")));
    const [row] = await agent.query("default/pod/again");
    assertEquals((row as { metadata: { uid: string } }).metadata.uid, second);
  });
}

Deno.test("delete_converges_by_key, B4: a crash between commit and hand-over", async () => {
  await using world = await World.start();
  const { hub } = world;
  const picture = new Picture();
  const stays = hub.apply(podManifest("stays")).metadata.uid;
  const goes = hub.apply(podManifest("goes")).metadata.uid;
  const node = await world.node();
  await node.start();
  {
    await using agent = world.agent({
      onMessage: (message) => picture.take(message),
    });
    await agent.connect();
    await until(() => picture.objects.size === 2, "both are there");
    await hub.synced(NODE);
  }
  await until(() => node.status().agents.length === 0, "nobody is attached");
  // The stub of a repair names name, namespace and uid only; acked with
  // nobody there to be told.
  hub.core.stop();
  hub.cut(NODE);
  hub.delete(podRef("goes"), { gracePeriodSeconds: 0 });
  hub.core.start();
  await until(() => node.status().link.state !== "connected", "link is down");
  node.reconnect();
  await hub.synced(NODE);
  await until(() => node.status().store?.tombstones === 1, "deleted");
  // The crash: what was in the memory of the node is gone.
  const path = await world.crashImage();
  await node.stop();
  await using again = await world.node({ sets: [`store.path=${path}`] });
  await again.start();
  picture.events.length = 0;
  await using agent = world.agent({
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  await hub.synced(NODE);
  await until(() => picture.objects.size === 1, "the delete came");
  // What the agent was told before may come again, the delete comes once.
  assertEquals(
    picture.events.filter((event) => !event.includes(`stays ${stays}`)),
    [`delete default/pod/goes ${goes}`],
  );
  assertEquals(
    picture.objects.get("default/pod/stays")?.metadata.uid,
    stays,
  );
});

Deno.test("a standalone node serves agents and says what it is", async () => {
  await using world = await World.start();
  const lines: string[] = [];
  const log = new Logger("node", {
    clock: new SystemClock(),
    sink: (line) => lines.push(line),
  });
  await using node = await world.node({
    sets: ["edgehub.websocket.url="],
    parts: { log },
  });
  await node.start();
  await using agent = world.agent();
  await agent.connect();
  await until(() => node.status().synced, "in sync by definition");
  assertEquals(await agent.query("default/pod"), []);
  await agent.update("default/nodestatus/edge-1", { UID: "u", Status: {} });
  assertEquals(await agent.query("default/nodestatus/edge-1"), [
    { UID: "u", Status: {} },
  ]);
  assertEquals(node.status().link.state, "standalone");
  assertEquals(node.status().health.state, "ok");
  assert(lines.some((line) => line.includes("standalone")));
});
