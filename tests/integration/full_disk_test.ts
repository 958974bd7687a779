import { assert, assertEquals } from "@std/assert";
import { SystemClock } from "../../lib/base/mod.ts";
import type { EdgeNode } from "../../lib/app/mod.ts";
import type { Message } from "../../lib/message/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import { until } from "../support/edged_harness.ts";
import { fromCloud, object, pod } from "../support/messages.ts";
import {
  configManifest,
  NODE,
  podManifest,
  podRef,
  World,
} from "../support/node_world.ts";
import { ScriptedHub } from "../support/scripted_hub.ts";

/**
 * A disk of 512 KiB, as far as SQLite knows: its limit of pages ends a
 * transaction as a full disk does, and needs no right to mount.
 */
const STORE_SIZES = { pagesMax: 128, reserveBytes: 0 };
const BALLAST = "x".repeat(250_000);
const LARGE = "y".repeat(300_000);

const config = (name: string, value: string, version = 1) =>
  fromCloud(
    "insert",
    `default/configmap/${name}`,
    object("ConfigMap", name, version, { data: { value } }),
  );
const small = (name: string) =>
  fromCloud("insert", `default/pod/${name}`, pod(name, 1));

const stateOf = (node: EdgeNode) =>
  node.health.report().checks.find(({ name }) => name === "store")?.state;

/** A node with a tiny disk and a cloud that says what it is told to. */
async function tinyNode(world: World, hub: ScriptedHub): Promise<EdgeNode> {
  const node = await world.node({
    sets: [`edgehub.websocket.url=${hub.url}`],
    parts: { storeSizes: STORE_SIZES },
  });
  await node.start();
  await until(() => hub.received.length > 0, "the link is up");
  return node;
}

/** Hands messages to the node so that they come into one batch. */
async function deliver(
  node: EdgeNode,
  hub: ScriptedHub,
  ...messages: Message[]
): Promise<(string | undefined)[]> {
  const counts = messages.map((m) => hub.answersTo(m.header.msg_id).length);
  for (const message of messages) {
    assert(node.router.send("metamanager", { message, from: "websocket" }));
  }
  const isAnswered = (message: Message, i: number) =>
    hub.answersTo(message.header.msg_id).length > (counts[i] ?? 0);
  await until(() => messages.every(isAnswered), "all are answered");
  return messages.map(({ header }) =>
    hub.answersTo(header.msg_id).at(-1)?.route.operation
  );
}

for (const full of [1, 3, 5]) {
  Deno.test(`full_disk_recovers, E4: a disk full at message ${full} of 5 acks none of them, and deletes go on`, async () => {
    await using hub = new ScriptedHub();
    await using world = await World.start();
    await using node = await tinyNode(world, hub);
    await using agent = world.agent();
    await agent.connect();
    const kept = small("kept");
    assertEquals(await deliver(node, hub, kept, config("ballast", BALLAST)), [
      "response",
      "response",
    ]);
    const batch = Array.from(
      { length: 5 },
      (_, i) => i + 1 === full ? config("large", LARGE) : small(`p${i}`),
    );
    assertEquals(await deliver(node, hub, ...batch), Array(5).fill("error"));
    assertEquals(stateOf(node), "failed");
    assertEquals(node.status().store?.objects, { configmap: 1, pod: 1 });

    // Questions and deletes go on.
    assertEquals(
      (await agent.query("default/pod/kept").then(([row]) => row) as {
        metadata: { name: string };
      }).metadata.name,
      "kept",
    );
    const gone = fromCloud("delete", "default/pod/kept", pod("kept", 2));
    assertEquals(await deliver(node, hub, gone), ["response"]);

    // Room comes back, and what is sent again is taken: all of it.
    const ballast = fromCloud(
      "delete",
      "default/configmap/ballast",
      object("ConfigMap", "ballast", 2),
    );
    assertEquals(await deliver(node, hub, ballast), ["response"]);
    await until(async () => {
      const verdicts = await deliver(node, hub, ...batch);
      return verdicts.every((verdict) => verdict === "response");
    }, "all is taken");
    await until(() => stateOf(node) !== "failed", "healthy again");
    assertEquals(node.status().store?.objects, { configmap: 1, pod: 4 });
  });
}

Deno.test("full_disk_recovers, E4: health recovers by itself, with nothing to store", async () => {
  await using hub = new ScriptedHub();
  await using world = await World.start();
  await using node = await tinyNode(world, hub);
  assertEquals(await deliver(node, hub, config("large", LARGE + LARGE)), [
    "error",
  ]);
  assertEquals(stateOf(node), "failed");
  await until(() => stateOf(node) !== "failed", "healthy again");
  // For a minute it is told that the disk was full.
  const [problem = ""] = node.status().problems;
  assert(problem.startsWith("Disk full since"), problem);
});

Deno.test("full_disk_recovers, E4: against a cloud that repeats, all converge alone", async () => {
  await using world = await World.start();
  const { hub } = world;
  await using node = await world.node({ parts: { storeSizes: STORE_SIZES } });
  await node.start();
  await using agent = world.agent();
  await agent.connect();
  await until(() => agent.isCloudConnected, "connected");
  const names = ["a", "b", "c"];
  hub.apply({
    ...podManifest("user"),
    spec: {
      nodeName: NODE,
      containers: [{
        name: "c",
        image: "nginx",
        envFrom: names.map((name) => ({ configMapRef: { name } })),
      }],
    },
  });
  hub.apply(podManifest("gone"));
  await hub.synced(NODE);
  const noteOf = (name: string) => {
    const object = hub.get({ type: "configmap", namespace: "default", name });
    return hub.core.syncs.get(NODE, object?.metadata.uid ?? "");
  };
  // Two of them fit.
  for (const name of names) {
    hub.apply(configManifest(name, "x".repeat(170_000)));
  }
  await until(() => stateOf(node) === "failed", "the disk is full");
  hub.delete(podRef("gone"), { gracePeriodSeconds: 0 });
  await until(
    () => node.status().store?.objects.pod === 1,
    "a delete is carried out",
  );
  // What was acked is stored, on the full disk, too.
  const path = await world.crashImage();
  const store = openStore({ path, clock: new SystemClock(), reserveBytes: 0 });
  let missing = 0;
  for (const name of names) {
    const { version = "0" } = noteOf(name) ?? {};
    const row = store.get(`default/configmap/${name}`);
    if (version === "0") missing++;
    else assertEquals(row?.version, version, name);
  }
  store.close();
  assert(missing > 0, "the disk was not full");
  // Room comes back: the cloud makes one of them small.
  hub.apply(configManifest("a", "small"));
  await until(() => hub.core.isSynced(NODE), "all is acked");
  await until(() => stateOf(node) !== "failed", "healthy again");
  assertEquals(node.status().store?.objects.configmap, 3);
});
