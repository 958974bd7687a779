import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EdgeNode } from "../../lib/app/mod.ts";
import { SystemClock } from "../../lib/base/mod.ts";
import { main } from "../../lib/cli/mod.ts";
import { loadConfig, takeUp } from "../../lib/config/mod.ts";
import { CloudHub } from "../../lib/dev/mod.ts";
import { silentLogger } from "../../lib/telemetry/mod.ts";
import { FakeIo } from "../unit/cli/fake_io.ts";
import { until } from "../support/edged_harness.ts";
import { askAdmin, NodeProcess } from "../support/node_process.ts";
import { JoinWorld } from "../support/join_world.ts";
import { podManifest } from "../support/node_world.ts";
import { NotifySocket } from "../support/notify_socket.ts";
import { TestProxy } from "../unit/tunnel/test_proxy.ts";

const NODE = "edge-1";

/** A folder with a configuration that can be changed. */
class Place implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  readonly file = `${this.folder}/edge.yaml`;

  /** @param rest Sections beside those of the folder. */
  async write(rest: string): Promise<void> {
    await Deno.writeTextFile(
      this.file,
      `store: { path: store.db }
edged: { socket: edged.sock }
admin: { socket: admin.sock }
${rest}`,
    );
  }

  run(env: Record<string, string> = {}): NodeProcess {
    return new NodeProcess([], { env, args: ["--config", this.file] });
  }

  async reload(): Promise<{ code: number; out: string; err: string }> {
    const io = new FakeIo();
    const code = await main(["reload", "-c", this.file], io);
    return { code, out: io.out, err: io.err };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

function edgehub(hub: CloudHub, further = ""): string {
  return `edgehub:
  websocket: { url: "${hub.url(NODE)}" }
  reconnect: { base: 3600s, cap: 3600s }
${further}`;
}

Deno.test("SIGHUP and reload take up what can change, name the rest, and never end the node", async () => {
  await using place = new Place();
  await place.write("log: { level: info }\n");
  await using manager = new NotifySocket(`${place.folder}/notify`);
  await using node = place.run({ NOTIFY_SOCKET: manager.path });
  await manager.got("READY=1");
  await place.write("log: { level: debug }\nstore.snapshot: [broken\n");
  node.signal("SIGHUP");
  await node.said("configuration not reloaded");
  await manager.got("READY=1", 2);
  await place.write("log: { level: info }\nmeta: { query: { timeout: 3s } }\n");
  node.signal("SIGHUP");
  await node.said("configuration reloaded");
  await manager.got("RELOADING=1", 2);
  await manager.got("READY=1", 3);
  await place.write("log: { level: warn }\nedged.listen: 127.0.0.1:1\n");
  const wrong = await place.reload();
  assertEquals(wrong.code, 2);
  await place.write(
    "log: { level: warn }\nmeta: { sync: { reconcile: { interval: 1h } } }\n",
  );
  const { code, out, err } = await place.reload();
  assertEquals([code, err], [0, ""]);
  assertStringIncludes(out, "log.level: info -> warn (applied)");
  assertStringIncludes(out, "interval: 6h -> 1h (needs a restart)");
  assertStringIncludes(out, "meta.query.timeout: 3s -> 10s (applied)");
  const page = await askAdmin(`${place.folder}/admin.sock`, "/healthz");
  assertEquals(page?.status, 200);
  const lines = node.lines.length;
  node.signal("SIGTERM");
  assertEquals((await node.status).code, 0);
  // Lines of level info are written no more.
  assertEquals(node.lines.slice(lines), []);
});

Deno.test("another address of the cloud is dialled at once, from a link that waits and from one that is up", async () => {
  await using place = new Place();
  const hubs = [new CloudHub(), new CloudHub(), new CloudHub()];
  const [down, first, second] = hubs as [CloudHub, CloudHub, CloudHub];
  try {
    for (const hub of hubs) await hub.start();
    await place.write(edgehub(down));
    await down.stop();
    await using node = place.run();
    await node.said('"event":"link down"');
    await place.write(edgehub(first, "  message-qps: 7\n"));
    assertStringIncludes((await place.reload()).out, "dialled anew");
    await until(() => first.sessions().length === 1, "the first is dialled");
    await until(() => node.output.includes('"event":"connected"'), "up");
    await place.write(edgehub(second, "  message-qps: 7\n"));
    await place.reload();
    await until(() => second.sessions().length === 1, "the second is dialled");
    await until(() => first.sessions().length === 0, "the first is left");
    assert(!node.output.includes("unhandled"), node.output);
    node.signal("SIGTERM");
    assertEquals((await node.status).code, 0);
  } finally {
    for (const hub of [first, second]) await hub.stop();
  }
});

Deno.test("what a running node takes up reaches joining, the link and reports", async () => {
  await using joins = await JoinWorld.start();
  const { port } = joins.server;
  const toPort = (head: string) => ({
    port: Number(/^CONNECT \S+:(\d+) /.exec(head)?.[1]),
  });
  await using proxy = new TestProxy(toPort);
  const words = [`edgehub.token-file=${joins.tokenFile}`];
  const load = (...sets: string[]) =>
    loadConfig({
      sets: joins.world.sets(...joins.sets(...words, ...sets)),
      hostname: () => NODE,
    });
  // Nobody answers at that port: a node that went by it could not join.
  const running = await load("edgehub.http-server=127.0.0.1:1");
  await using node = new EdgeNode(running.config, {
    log: silentLogger(new SystemClock()),
  });
  await node.start();
  const next = await load(
    `edgehub.http-server=127.0.0.1:${port}`,
    `edgehub.proxy=${proxy.url()}`,
    "meta.sync.podstatus.interval=1s",
  );
  const { loaded, changes } = takeUp(running, next, () => undefined);
  assertEquals(changes.filter(({ live }) => live === "restart"), []);
  node.reconfigure(loaded.config, true);
  await joins.drop(await joins.token());
  await until(() => node.status().link.state === "connected", "connected");
  const ports = proxy.requests.map((head) => toPort(head).port);
  assert(ports.includes(port), "joined through the proxy");
  assert(ports.some((other) => other !== port), "and dialled through it");
  const { hub } = joins.world;
  await using agent = joins.world.agent();
  await agent.connect();
  const { uid } = hub.apply(podManifest("web-0")).metadata;
  await hub.synced(NODE);
  const pod = { namespace: "default", name: "web-0", uid };
  await agent.reportPodStatus(pod, { phase: "Running" });
  // MetaSync, which would come after a minute.
  await hub.frames.waitFor(
    ({ from, message }) =>
      from === "edge" && message?.route.resource === "default/podstatus",
  );
});
