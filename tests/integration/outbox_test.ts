import { assert, assertEquals } from "@std/assert";
import { SystemClock, systemIds } from "../../lib/base/mod.ts";
import { newMessage } from "../../lib/message/mod.ts";
import { CuttingHub } from "../support/cutting_hub.ts";
import { until } from "../support/edged_harness.ts";
import { NodeProcess } from "../support/node_process.ts";
import {
  NODE,
  Picture,
  podManifest,
  podRef,
  World,
} from "../support/node_world.ts";

const CLOCK = new SystemClock();
const STAMP = { newId: systemIds, now: () => CLOCK.now() };

/** The pods that an agent knows, by name. */
function podsOf(picture: Picture) {
  return [...picture.objects.values()].map(({ metadata }) => ({
    namespace: "default",
    name: metadata.name,
    uid: metadata.uid,
  }));
}

/** What the cloud has of a pod's status. */
function roundInCloud(world: World, name: string): number {
  const status = world.hub.get(podRef(name))?.status;
  return ((status ?? {}) as { round?: number }).round ?? 0;
}

Deno.test("send_in_progress_survives_link_break, A5: cut at each byte of a frame, every id arrives", async () => {
  await using world = await World.start();
  await using hub = new CuttingHub();
  await using node = await world.node({
    sets: [`edgehub.websocket.url=${hub.url}`],
  });
  hub.bytesMax = 0;
  await node.start();
  const sent = Array.from({ length: 300 }, (_, i) =>
    newMessage(STAMP, {
      source: "edged",
      group: "meta",
      operation: "delete",
      resource: `default/pod/p${i}`,
      content: { preconditions: { uid: `uid-${i}` } },
    }));
  let taken = 0;
  node.attach({
    module: "edged",
    onMessage: ({ content }) => void (taken += Number(content === "OK")),
  });
  for (const message of sent) {
    node.router.send("metamanager", { message, from: "edged" });
  }
  await until(() => taken === sent.length, "all are in the outbox");
  const frameBytes = JSON.stringify(sent[0]).length + 8;
  for (let bytes = 0; bytes <= frameBytes; bytes++) {
    hub.bytesMax = bytes;
    const { connections } = hub;
    await until(() => {
      node.reconnect();
      return hub.connections > connections;
    }, `a connection that is cut after ${bytes} bytes`);
  }
  hub.bytesMax = Infinity;
  await until(() => {
    node.reconnect();
    return node.outbox().length === 0;
  }, "all are confirmed");
  const missing = sent.filter(({ header }) => !hub.received.has(header.msg_id));
  assertEquals(missing, []);
  assertEquals(node.status().outbox.parked, 0);
});

Deno.test("local_ok_means_stored_outbound, A8: killed right after each OK, every report arrives", async () => {
  await using world = await World.start();
  const { hub } = world;
  const count = 9;
  for (let i = 0; i < count; i++) hub.apply(podManifest(`p${i}`));
  const picture = new Picture();
  await using agent = world.agent({
    onMessage: (message) => picture.take(message),
  });
  const attached = agent.connect();
  {
    await using _node = new NodeProcess(world.sets());
    await attached;
    await until(() => picture.objects.size >= count, "the agent has the pods");
  }
  for (const [i, pod] of podsOf(picture).entries()) {
    // First there is no cloud, then one that refuses, then a healthy one.
    if (i === 0) hub.faults.loseDownstream = hub.faults.mute = true;
    if (i === 3) {
      hub.faults.loseDownstream = hub.faults.mute = false;
      hub.faults.refuseStatus = 503;
    }
    if (i === 6) hub.faults.refuseStatus = undefined;
    await using node = new NodeProcess(world.sets());
    await until(async () => {
      try {
        await agent.reportPodStatus(pod, { round: i + 1 }, { timeoutMs: 500 });
        return true;
      } catch {
        // The agent has not found the new process yet.
        return false;
      }
    }, `OK for ${pod.name}`);
    await node.kill();
  }
  await using node = new NodeProcess(world.sets());
  await node.connected();
  for (const [i, { name }] of podsOf(picture).entries()) {
    await until(() => roundInCloud(world, name) === i + 1, `status of ${name}`);
  }
});

Deno.test("pod_status_current_after_reconnect, C8: 50 pods, the newest of each, none falls", async () => {
  await using world = await World.start();
  const { hub } = world;
  const count = 50;
  for (let i = 0; i < count; i++) hub.apply(podManifest(`p${i}`));
  await using node = await world.node();
  await node.start();
  const picture = new Picture();
  await using agent = world.agent({
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  await until(() => picture.objects.size >= count, "the agent has the pods");
  const pods = podsOf(picture).filter(({ name }) => name.startsWith("p"));
  const report = (round: number) =>
    Promise.all(pods.map((pod) => agent.reportPodStatus(pod, { round })));
  await report(1);
  hub.faults.refuseStatus = 503;
  hub.cut(NODE);
  for (const round of [2, 3, 4]) await report(round);
  assertEquals(node.outbox().length, count, "one for each pod");
  const mark = hub.frames.entries.length;
  hub.faults.refuseStatus = undefined;
  node.reconnect();
  await until(
    () => pods.every(({ name }) => roundInCloud(world, name) === 4),
    "the cloud has the newest of each",
    5000,
  );
  await until(() => node.outbox().length === 0, "all are confirmed");
  const reports = hub.frames.entries.slice(mark).filter(({ message, from }) =>
    from === "edge" && message?.route.resource.includes("/podstatus/")
  );
  assertEquals(reports.length, count);
  for (const { message } of reports) {
    const { Status } = message?.content as { Status: { round: number } };
    assertEquals(Status.round, 4);
  }
});

Deno.test("link_and_queue_state_visible, J2: status, health and figures of the outbox", async () => {
  await using world = await World.start();
  await using node = await world.node({
    sets: ["edgehub.websocket.url=ws://127.0.0.1:1/"],
  });
  await node.start();
  let taken = 0;
  node.attach({
    module: "edged",
    onMessage: ({ content }) => void (taken += Number(content === "OK")),
  });
  for (const type of ["event", "event", "pod"]) {
    const message = newMessage(STAMP, {
      source: "edged",
      group: "meta",
      operation: type === "pod" ? "delete" : "insert",
      resource: `default/${type}/x${taken}`,
      content: { reason: "Started" },
    });
    const before = taken;
    node.router.send("metamanager", { message, from: "edged" });
    await until(() => taken > before, "it is taken");
  }
  const { store, outbox, health } = node.status();
  assertEquals(store?.outbox, 3);
  assertEquals(store?.outboxByType.event?.rows, 2);
  assertEquals(outbox, {
    refused: 0,
    parked: 0,
    eventsDropped: 0,
    turnedAway: 0,
  });
  assertEquals(
    health.checks.find(({ name }) => name === "outbox")?.state,
    "ok",
  );
  const figure = (name: string, ...labels: string[]) =>
    node.metrics.value(`metamanager_outbox_${name}`, ...labels);
  assertEquals(figure("messages"), 3);
  assertEquals(figure("bytes"), store?.outboxBytes);
  assertEquals(figure("type_messages", "event"), 2);
  assertEquals(figure("parked_messages"), 0);
  assert((figure("age_seconds") ?? -1) >= 0);
});
