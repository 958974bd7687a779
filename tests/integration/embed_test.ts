import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Clock,
  ConfigError,
  EdgeNode,
  type InProcessAgent,
  loadConfig,
  Logger,
  type Message,
  newMessage,
  StoreError,
  SystemClock,
  systemIds,
} from "../../mod.ts";
import { until } from "../support/edged_harness.ts";
import { NODE, podManifest, podRef, World } from "../support/node_world.ts";

/** The pods of a program that embeds a node, and does without sockets for it. */
class Program {
  readonly pods = new Map<string, unknown>();
  readonly answers: Message[] = [];
  readonly node: EdgeNode;
  agent: InProcessAgent | undefined;

  constructor(node: EdgeNode) {
    this.node = node;
  }

  attach(): void {
    this.agent = this.node.attach({
      module: "edged",
      onMessage: (message) => this.#take(message),
    });
  }

  /** Asks as its agent; the answer comes as a message. */
  async ask(
    operation: string,
    resource: string,
    content?: unknown,
  ): Promise<unknown> {
    const message = newMessage({ newId: systemIds, now: Date.now }, {
      source: "edged",
      group: "meta",
      operation,
      resource,
      content,
    });
    assert(this.node.router.send("metamanager", { message, from: "edged" }));
    const { msg_id: id } = message.header;
    const find = () =>
      this.answers.find(({ header }) => header.parent_msg_id === id);
    await until(() => find() !== undefined, `${operation} ${resource}`);
    return find()?.content;
  }

  async #take(message: Message): Promise<void> {
    const { route, header, content } = message;
    if (header.parent_msg_id) this.answers.push(message);
    else if (!route.resource.includes("/pod/")) return;
    else if (route.operation === "delete") this.pods.delete(route.resource);
    else {
      // Real work takes time; the next message waits for it.
      await new Promise((resolve) => setTimeout(resolve, 1));
      this.pods.set(route.resource, content);
    }
  }
}

Deno.test("a program embeds the node and registers its own edged", async () => {
  await using world = await World.start({ tls: true });
  const { hub } = world;
  const { config } = await loadConfig({
    sets: world.sets("edged.socket=", "admin.socket="),
    hostname: () => NODE,
  });
  const clock: Clock = new SystemClock();
  const lines: string[] = [];
  const log = new Logger("node", { clock, sink: (line) => lines.push(line) });
  {
    await using node = new EdgeNode(config, { log, clock });
    await node.start();
    const program = new Program(node);
    program.attach();
    await until(() => node.status().link.state === "connected", "connected");
    const { uid } = hub.apply(podManifest("web-0")).metadata;
    hub.apply(podManifest("web-1"));
    await hub.synced(NODE);
    await until(() => program.pods.size === 2, "two pods");
    assertEquals(
      await program.ask("update", "default/podstatus/web-0", {
        UID: uid,
        Name: "web-0",
        Status: { phase: "Running" },
      }),
      "OK",
    );
    await until(
      () =>
        (hub.get(podRef("web-0"))?.status as { phase?: string })?.phase ===
          "Running",
      "the cloud knows",
    );
    const [stored] = await program.ask(
      "query",
      "default/pod/web-1",
    ) as string[];
    assertEquals(JSON.parse(stored ?? "").metadata.name, "web-1");
    assertEquals(node.health.report().live, true);
    const states = node.health.report().checks.map(({ state }) => state);
    assertEquals(states.includes("failed"), false);
    assert(node.metrics.render().includes("metamanager_cloud_connected 1"));
    // Another of the same name is refused.
    await assertRejects(
      () => Promise.resolve().then(() => program.attach()),
      TypeError,
    );
    // A second node on the same store, too.
    const second = new EdgeNode(config, { log });
    await assertRejects(() => second.start(), StoreError, "has it");
  }
  assert(lines.some((line) => line.includes("node stopped")));
  // What happened while the agent was not there comes when it is again.
  hub.delete(podRef("web-1"), { gracePeriodSeconds: 0 });
  await using node = new EdgeNode(config, { log });
  await node.start();
  await hub.synced(NODE);
  const program = new Program(node);
  program.pods.set("default/pod/web-1", "left over");
  program.attach();
  await until(() => !program.pods.has("default/pod/web-1"), "it is told");
});

Deno.test("a configuration that cannot be says what is wrong with it", async () => {
  await assertRejects(
    () => loadConfig({ sets: ["store.pth=/x"], hostname: () => NODE }),
    ConfigError,
    "store.path",
  );
});
