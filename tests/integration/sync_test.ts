import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { EdgeNode } from "../../lib/app/mod.ts";
import { SystemClock } from "../../lib/base/mod.ts";
import { EDGE_LABEL } from "../../lib/dev/mod.ts";
import { openStore, StoreError } from "../../lib/store/mod.ts";
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

/** A pod that names a configmap. */
function needy(name: string, config: string) {
  const manifest = podManifest(name);
  const volumes = [{ name: "v", configMap: { name: config } }];
  return { ...manifest, spec: { ...manifest.spec, volumes } };
}

/** The link goes down and stays down until `back`. */
async function away(world: World, node: EdgeNode): Promise<void> {
  world.hub.faults.refuseStatus = 503;
  world.hub.cut(NODE);
  await until(() => node.status().link.state !== "connected", "link is down");
}

function back(world: World, node: EdgeNode): void {
  world.hub.faults.refuseStatus = undefined;
  node.reconnect();
}

const state = (node: EdgeNode) => node.status().sync?.state;

Deno.test("referenced_config_refreshed_after_reconnect, C9, over the wire", async () => {
  // SyncController never looks: only what the node asks for comes.
  await using world = await World.start({
    hub: { timing: { repairMs: 3_600_000 } },
  });
  const { hub } = world;
  await using node = await world.node({ sets: ["meta.query.timeout=500ms"] });
  await node.start();
  const picture = new Picture();
  await using agent = world.agent({
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  hub.apply(configManifest("app", "1"));
  await until(() => agent.isCloudConnected, "connected");
  hub.apply(needy("web-0", "app"));
  await until(() => picture.objects.has("default/pod/web-0"), "told");
  await until(() => state(node) === "synced", "in line");
  await away(world, node);
  assertEquals(state(node), "not-synced");
  assertStringIncludes(node.status().sync?.text ?? "", "not synced since");
  hub.apply(configManifest("app", "2"));
  hub.core.syncs.deleteNode(NODE);
  back(world, node);
  const value = () =>
    (picture.objects.get("default/configmap/app") as
      | { data?: { value?: string } }
      | undefined)?.data?.value;
  await until(() => value() === "2", "the agent has the new content");
  await until(() => state(node) === "synced", "in line again");
  const { completed, reason } = node.status().sync!;
  assert(completed !== "");
  assertEquals(reason, "");
  assertEquals(node.health.get("sync")?.state, "ok");
  const metrics = node.metrics.render();
  assertStringIncludes(metrics, "metamanager_synced 1");
  assertStringIncludes(metrics, "metamanager_reconcile_pending 0");
  assertStringIncludes(metrics, "metamanager_reconcile_done 1");
  assertStringIncludes(
    metrics,
    "metamanager_reconcile_completed_timestamp_seconds ",
  );
});

Deno.test("lost_store_rebuilds, C11: the file is gone, the cloud lists pods", async () => {
  await using world = await World.start({ hub: { dynamicController: true } });
  const { hub } = world;
  hub.apply(configManifest("app", "1"));
  for (const name of ["a", "b"]) hub.apply(needy(name, "app"));
  {
    await using node = await world.node();
    await node.start();
    await hub.synced(NODE);
    await until(() => state(node) === "synced", "in line");
    await until(() => node.status().synced, "in sync");
  }
  for (const suffix of ["", "-wal", "-shm"]) {
    await Deno.remove(`${world.storePath}${suffix}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  // Gone in the cloud meanwhile, without a record that it ever was here.
  hub.delete(podRef("b"), { gracePeriodSeconds: 0 });
  hub.faults.refuseStatus = 503;
  await using node = await world.node();
  await node.start();
  const picture = new Picture();
  await using agent = world.agent({
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  assertEquals(node.status().synced, false);
  assertEquals(picture.fullReplays, 0);
  back(world, node);
  await until(() => node.status().synced, "in sync again");
  await until(() => state(node) === "synced", "in line again");
  assertEquals(node.status().problems, []);
  await until(() => picture.objects.size > 0, "agents are told");
  assertEquals(picture.summary("pod"), summaryOf(hub.list("pod")));
  assertEquals(
    await agent.query("default/pod").then((pods) => pods.length),
    1,
  );
  assertEquals((await agent.query("default/configmap/app")).length, 1);
});

Deno.test("lost_store_rebuilds, C11: a cloud that lists no pods, until the Node is registered anew", async () => {
  await using world = await World.start();
  const { hub } = world;
  hub.apply(podManifest("a"));
  {
    await using node = await world.node();
    await node.start();
    await hub.synced(NODE);
    await until(() => node.status().synced, "in sync");
  }
  for (const suffix of ["", "-wal", "-shm"]) {
    await Deno.remove(`${world.storePath}${suffix}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  await using node = await world.node({ sets: ["meta.query.timeout=200ms"] });
  await node.start();
  await using agent = world.agent();
  await agent.connect();
  await until(() => agent.isCloudConnected, "connected");
  const reason = () => {
    node.status();
    return node.health.get("sync")?.reason ?? "";
  };
  await until(() => reason().includes("register it again"), "says what to do");
  assertEquals(node.health.get("sync")?.state, "degraded");
  // No list is better than one that would end pods.
  const failure = await agent.query("default/pod").then(
    () => "",
    ({ reason }) => reason,
  );
  assertEquals(failure, "NotSynced");
  assertEquals(node.resync(), true);

  hub.delete({ type: "node", namespace: "null", name: NODE });
  await until(() => node.status().link.state !== "connected", "link is down");
  const labels = { [EDGE_LABEL]: "" };
  hub.apply({ kind: "Node", metadata: { name: NODE, labels }, spec: {} });
  node.reconnect();
  await until(() => node.status().synced, "in sync again");
  await until(() => state(node) === "synced", "in line again");
  node.status();
  assertEquals(node.health.get("sync")?.state, "ok");
});

Deno.test("resync_without_rejoin, J4: a ghost and a missed pod are found on demand", async () => {
  await using world = await World.start({
    hub: { dynamicController: true, timing: { repairMs: 3_600_000 } },
  });
  const { hub } = world;
  await using node = await world.node();
  assertEquals(node.resync(), false);
  await node.start();
  await until(() => node.status().synced, "in sync");
  const picture = new Picture();
  await using agent = world.agent({
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  await until(() => agent.isCloudConnected, "connected");
  hub.apply(podManifest("stays"));
  hub.apply(podManifest("ghost"));
  await until(() => picture.summary("pod").length === 2, "both are there");
  await until(() => state(node) === "synced", "in line");
  await hub.synced(NODE);
  await away(world, node);
  hub.delete(podRef("ghost"), { gracePeriodSeconds: 0 });
  hub.apply(podManifest("missed"));
  hub.core.syncs.deleteNode(NODE);
  back(world, node);
  await until(() => state(node) === "synced", "in line again");
  picture.events.length = 0;
  assertEquals(node.resync(), true);
  await until(
    () => picture.objects.has("default/pod/missed"),
    "the missed pod is there",
  );
  await until(() => !picture.objects.has("default/pod/ghost"), "ghost is gone");
  assertEquals(picture.summary("pod"), summaryOf(hub.list("pod")));
  assertEquals(picture.events.length, 2);
});

Deno.test("pod_status_current_after_reconnect, C8", async () => {
  await using world = await World.start();
  const { hub } = world;
  await using node = await world.node();
  await node.start();
  await using agent = world.agent();
  await agent.connect();
  await until(() => agent.isCloudConnected, "connected");
  const pods = Array.from(
    { length: 50 },
    (_, i) => hub.apply(podManifest(`p${i}`)).metadata,
  );
  await hub.synced(NODE);
  const report = (restarts: number) =>
    Promise.all(
      pods.map(({ name, namespace = "default", uid }) =>
        agent.reportPodStatus({ namespace, name, uid }, {
          phase: "Running",
          containerStatuses: [{ name: "c", restartCount: restarts }],
        })
      ),
    );
  await report(1);
  await away(world, node);
  await report(2);
  await report(3);
  const counts: number[] = [];
  hub.core.objects.watch(({ object }) => {
    const { containerStatuses } = (object.status ?? {}) as {
      containerStatuses?: { restartCount: number }[];
    };
    if (containerStatuses?.[0]) counts.push(containerStatuses[0].restartCount);
  });
  back(world, node);
  const isCurrent = () =>
    hub.list("pod").every(({ status }) =>
      (status as { containerStatuses?: { restartCount: number }[] })
        ?.containerStatuses?.[0]?.restartCount === 3
    );
  await until(isCurrent, "the cloud has the newest status of every pod");
  await until(() => node.status().store?.outbox === 0, "all are confirmed");
  // Restart counts never fall.
  assertEquals(counts.filter((count) => count < 3), []);
});

Deno.test("foreign_or_ghost_state_is_dropped, C12: a pod that the cloud does not know goes", async () => {
  await using world = await World.start({
    hub: { timing: { repairMs: 3_600_000 } },
  });
  const { hub } = world;
  await using node = await world.node();
  await node.start();
  const picture = new Picture();
  await using agent = world.agent({
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  await until(() => agent.isCloudConnected, "connected");
  const { uid } = hub.apply(podManifest("ghost")).metadata;
  await until(() => picture.objects.has("default/pod/ghost"), "told");
  await hub.synced(NODE);
  await away(world, node);
  await until(() => !agent.isCloudConnected, "the agent knows");
  hub.delete(podRef("ghost"), { gracePeriodSeconds: 0 });
  hub.core.syncs.deleteNode(NODE);
  back(world, node);
  await until(() => agent.isCloudConnected, "connected again");
  // The agent of KubeEdge patches; the answer says that there is no such pod.
  const content = JSON.stringify({ metadata: { uid }, status: {} });
  const failure = await agent.request("patch", "default/podpatch/ghost", {
    content,
  }).then(() => "", ({ reason }) => reason);
  assertEquals(failure, "NotFound");
  await until(() => !picture.objects.has("default/pod/ghost"), "it is gone");
  assertEquals(picture.events.at(-1), `delete default/pod/ghost ${uid}`);
  const reports = hub.frames.entries.filter(({ from, message }) =>
    from === "edge" && message?.route.resource === "default/podstatus"
  );
  assertEquals(reports.length, 1);
});

Deno.test("foreign_or_ghost_state_is_dropped, C12: another node's store is refused, another authority's is served", async () => {
  await using world = await World.start({ tls: true });
  const { hub } = world;
  hub.apply(podManifest("stays"));
  hub.apply(podManifest("ghost"));
  {
    await using node = await world.node();
    await node.start();
    await hub.synced(NODE);
    await until(() => node.status().synced, "in sync");
  }
  const url = "edgehub.websocket.url=";
  const other = await world.node({
    sets: [url, "edgehub.controller.node-id=edge-2"],
  });
  await assertRejects(
    () => other.start(),
    StoreError,
    "it holds the objects of node edge-1",
  );
  // As if the store had been written under another authority.
  const store = openStore({
    path: world.storePath,
    clock: new SystemClock(),
    owner: { node: NODE, authorities: ["another"] },
  });
  store.close();
  hub.delete(podRef("ghost"), { gracePeriodSeconds: 0 });
  hub.core.syncs.deleteNode(NODE);
  hub.faults.refuseStatus = 503;
  await using node = await world.node();
  await node.start();
  await using agent = world.agent();
  await agent.connect();
  // The link is down, and everything is served all the same.
  assertEquals((await agent.query("default/pod")).length, 2);
  node.status();
  assertEquals(node.health.get("store")?.state, "degraded");
  back(world, node);
  await until(() => node.status().problems.length === 0, "settled");
  await until(
    () => node.status().store?.objects.pod === 1,
    "what the cloud does not have is gone",
  );
});

Deno.test("unconfirmed_first_delivery_is_recovered, A9: a configmap that a stored pod names", async () => {
  await using world = await World.start({
    hub: { timing: { repairMs: 3_600_000 } },
  });
  const { hub } = world;
  await using node = await world.node({ sets: ["meta.query.timeout=500ms"] });
  await node.start();
  const picture = new Picture();
  await using agent = world.agent({
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  await until(() => agent.isCloudConnected, "connected");
  hub.apply(needy("web-0", "app"));
  await hub.synced(NODE);
  await until(() => state(node) === "synced", "in line");
  hub.faults.loseDownstream = true;
  const { uid } = hub.apply(configManifest("app", "1")).metadata;
  await away(world, node);
  hub.faults.loseDownstream = false;
  back(world, node);
  await until(
    () => picture.objects.has("default/configmap/app"),
    "the agent is told",
  );
  await until(() => state(node) === "synced", "in line again");
  await hub.synced(NODE);
  assertEquals(
    picture.events.filter((event) => event.includes("configmap")),
    [`update default/configmap/app ${uid}`],
  );
});

Deno.test("pod_never_sent_is_asked_for, C13: CloudCore was killed before it had noted a pod, and while one came and went", async () => {
  await using world = await World.start({ hub: { dynamicController: true } });
  const { hub } = world;
  await using node = await world.node();
  await node.start();
  const picture = new Picture();
  await using agent = world.agent({
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  await until(() => agent.isCloudConnected, "connected");
  // From here on no list of all pods is asked for at a connect.
  await until(() => node.status().synced, "in sync");
  await until(() => state(node) === "synced", "in line");
  await away(world, node);
  const { uid } = hub.apply(podManifest("unfinished")).metadata;
  const sync = hub.core.syncs.get(NODE, uid);
  assert(sync);
  hub.core.syncs.set(NODE, { ...sync, version: "" });
  hub.core.stop();
  hub.apply(podManifest("terminating"));
  hub.delete(podRef("terminating"));
  hub.core.start();
  back(world, node);
  const has = (name: string) => picture.objects.has(`default/pod/${name}`);
  await until(() => has("unfinished"), "the one that nobody sends");
  await until(() => has("terminating"), "the one that waits for its end");
});
