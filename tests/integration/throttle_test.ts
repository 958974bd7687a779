import { assert, assertEquals } from "@std/assert";
import { until } from "../support/edged_harness.ts";
import { NODE, podManifest, podRef, World } from "../support/node_world.ts";

Deno.test("throttle, what waits for the rate when the link ends was not lost: every report that was answered OK arrives", async () => {
  await using world = await World.start({ hub: { timing: { repairMs: 100 } } });
  const { hub } = world;
  const node = await world.node({
    sets: ["edgehub.message-qps=20", "edgehub.message-burst=1"],
  });
  await node.start();
  try {
    await until(() => node.status().link.state === "connected", "connected");
    const names = Array.from({ length: 30 }, (_, i) => `web-${i}`);
    const pods = names.map((name) => {
      const { uid } = hub.apply(podManifest(name)).metadata;
      return { namespace: "default", name, uid };
    });
    await hub.synced(NODE);
    await using agent = world.agent();
    await agent.connect();
    for (const pod of pods) await agent.reportPodStatus(pod, { round: 1 });
    const arrived = () =>
      names.filter((name) =>
        (hub.get(podRef(name))?.status as { round?: number })?.round === 1
      ).length;
    const connects = () =>
      hub.events.entries.filter(({ kind }) => kind === "open").length;
    // At 20 a second the reports take over a second; the link ends meanwhile.
    for (let cuts = 1; cuts <= 2; cuts++) {
      const before = arrived();
      assert(before < names.length, `${before} after ${cuts - 1} cuts`);
      hub.cut(NODE);
      await until(() => node.status().link.state !== "connected", "down");
      node.reconnect();
      await until(() => connects() > cuts, "connected again");
    }
    await until(() => node.status().store?.outbox === 0, "all is confirmed");
    assertEquals(arrived(), names.length);
  } finally {
    await node.stop();
  }
});
