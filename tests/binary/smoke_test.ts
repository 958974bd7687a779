import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { BinaryNode, runOnce } from "./binary.ts";

const POD = {
  kind: "Pod",
  apiVersion: "v1",
  metadata: { name: "web-0", namespace: "default" },
  spec: { nodeName: "edge-1", containers: [{ name: "c", image: "nginx" }] },
};
const CONFIG = {
  kind: "ConfigMap",
  apiVersion: "v1",
  metadata: { name: "app-cfg", namespace: "default" },
  data: { k: "v" },
};
const PROGRAM = Deno.env.get("METAMANAGER_BINARY")?.split("/").pop() ??
  "the binary";

Deno.test(`${PROGRAM} tells its versions and its help`, async () => {
  const version = await runOnce("version");
  assertEquals(version.code, 0, version.stderr);
  assertMatch(version.stdout, /SQLite/i);
  const help = await runOnce("--help");
  assertStringIncludes(help.stdout, "run");
});

Deno.test(`${PROGRAM} carries its commented configuration`, async () => {
  const { code, stdout } = await runOnce("config", "print", "--default");
  assertEquals(code, 0);
  const file = new URL("../../conf/edge.yaml", import.meta.url);
  assertEquals(stdout, await Deno.readTextFile(file));
});

Deno.test(`${PROGRAM} refuses a wrong configuration with exit code 2`, async () => {
  const { code, stderr } = await runOnce("config", "check", "--set", "a.b=1");
  assertEquals(code, 2);
  assertStringIncludes(stderr, "a.b");
});

Deno.test(`${PROGRAM} runs all seven operations against a cloud and an agent`, async (t) => {
  await using node = await BinaryNode.start();
  const { hub, agent } = node;

  await t.step("NodeConnection reached the agent", () => {
    assertEquals(agent.isCloudConnected, true);
  });

  await t.step("an agent's insert is asked of the cloud", async () => {
    await agent.request("insert", "null/node/edge-1", {
      content: {
        metadata: {
          name: "edge-1",
          labels: { "node-role.kubernetes.io/edge": "" },
        },
        spec: {},
        status: {},
      },
      timeoutMs: 30_000,
    });
    assertEquals(hub.list("node").length, 1);
  });

  let uid = "";
  await t.step("insert from the cloud is answered by the agent", async () => {
    uid = hub.apply(POD).metadata.uid ?? "";
    const pod = await node.got((m) => m.route.resource === "default/pod/web-0");
    const { message } = await hub.frames.waitFor(
      (frame) => frame.message?.header.parent_msg_id === pod.header.msg_id,
      { timeoutMs: 30_000 },
    );
    assertEquals(message?.content, { accepted: "default/pod/web-0" });
    await hub.synced("edge-1");
  });

  await t.step("update from the cloud is stored and handed over", async () => {
    hub.apply({
      ...POD,
      metadata: { ...POD.metadata, labels: { v: "2" } },
    });
    await node.got((m) => JSON.stringify(m.content).includes(`"v":"2"`));
    const [pod] = await agent.query("default/pod/web-0") as [
      { metadata: { labels: unknown } },
    ];
    assertEquals(pod.metadata.labels, { v: "2" });
  });

  await t.step(
    "a remote query is answered by the cloud, and acked",
    async () => {
      hub.apply(CONFIG);
      const [config] = await agent.query("default/configmap/app-cfg", {
        timeoutMs: 30_000,
      }) as [typeof CONFIG];
      assertEquals(config.data, CONFIG.data);
      await hub.synced("edge-1");
    },
  );

  await t.step(
    "update of edged reaches the cloud, MetaSync repeats it",
    async () => {
      const pod = { namespace: "default", name: "web-0", uid };
      await agent.reportPodStatus(pod, { phase: "Running" });
      for (const resource of ["default/podstatus/web-0", "default/podstatus"]) {
        await hub.frames.waitFor(
          ({ from, message }) =>
            from === "edge" && message?.route.resource === resource &&
            message.route.operation === "update",
          { timeoutMs: 30_000 },
        );
      }
    },
  );

  await t.step(
    "delete of edged goes up, the cloud's delete comes down",
    async () => {
      await agent.request("delete", "default/pod/web-0", {
        content: { gracePeriodSeconds: 0, preconditions: { uid } },
      });
      await node.got((m) => m.route.operation === "delete");
      await hub.synced("edge-1");
      assertEquals(hub.list("pod"), []);
    },
  );

  await t.step(
    "after SIGKILL and a restart it serves what it had",
    async () => {
      await node.end("SIGKILL");
      await hub.stop();
      node.received.length = 0;
      node.launch();
      await node.got((m) => m.content === "cloud_disconnected");
      const [config] = await agent.query("default/configmap/app-cfg", {
        timeoutMs: 30_000,
      }) as [typeof CONFIG];
      assertEquals(config.data, CONFIG.data);
      await hub.start();
      await node.got((m) => m.content === "cloud_connected");
    },
  );

  await t.step("it shows its status page and what flowed", async () => {
    const path = `${node.folder}/run/admin.sock`;
    using client = Deno.createHttpClient({
      proxy: { transport: "unix", path },
    });
    const page = await fetch("http://localhost/", { client });
    assertStringIncludes(await page.text(), "<!doctype html>");
    const socket = ["--set", `admin.socket=${path}`];
    const flow = await runOnce("messages", "--operation", "query", ...socket);
    assertStringIncludes(flow.stdout, "default/configmap/app-cfg");
    const status = await runOnce("status", "-o", "yaml", ...socket);
    assertMatch(status.stdout, /^node: edge-1$/m);
  });

  await t.step(
    "SIGTERM ends it with exit code 0, the WAL is empty",
    async () => {
      const status = await node.end("SIGTERM");
      assertEquals(status.code, 0, node.log);
      const wal = await sizeOf(`${node.folder}/store/metamanager.db-wal`);
      assertEquals(wal, 0);
    },
  );
});

async function sizeOf(file: string): Promise<number> {
  try {
    return (await Deno.stat(file)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
