import { assert, assertEquals, assertThrows } from "@std/assert";
import { isRecord, seededIds, seededRandom } from "../../../lib/base/mod.ts";
import { type Message, newOk } from "../../../lib/message/mod.ts";
import {
  CloudCore,
  type CloudCoreOptions,
  type CloudLink,
} from "../../../lib/dev/cloud_core.ts";
import { parse } from "./fixtures.ts";
import { ManualClock } from "./manual_clock.ts";

class World {
  readonly clock = new ManualClock();
  readonly core: CloudCore;
  readonly got: Message[] = [];
  acks = true;
  cuts = 0;
  #link: CloudLink | undefined;

  constructor(options: Partial<CloudCoreOptions> = {}) {
    this.core = new CloudCore({
      clock: this.clock,
      ids: seededIds(seededRandom(5)),
      ...options,
    });
    this.core.start();
    this.core.objects.apply({
      kind: "Node",
      metadata: {
        name: "n",
        labels: { "node-role.kubernetes.io/edge": "" },
      },
    });
  }

  connect(): void {
    this.#link = this.core.connect("n", {
      send: (text) => this.#take(parse(text)),
      end: () => this.cuts++,
    });
  }

  send(message: unknown): void {
    this.#link?.receive(JSON.stringify(message));
  }

  closed(): void {
    this.#link?.closed();
  }

  pod(name: string, labels: Record<string, string> = {}): void {
    this.core.objects.apply({
      kind: "Pod",
      metadata: { name, labels },
      spec: { nodeName: "n" },
    });
  }

  get told(): string[] {
    return this.got.map(({ route }) => `${route.operation} ${route.resource}`);
  }

  #take(message: Message): void {
    this.got.push(message);
    if (!this.acks) return;
    this.send(newOk({ newId: () => "ack", now: () => 0 }, message));
  }
}

Deno.test("CloudCore, pods of other nodes and of no edge node stay away", () => {
  const world = new World();
  world.connect();
  world.core.objects.apply({ kind: "Node", metadata: { name: "m" } });
  for (const nodeName of ["m", "x", ""]) {
    world.core.objects.apply({
      kind: "Pod",
      metadata: { name: `on-${nodeName}` },
      spec: { nodeName },
    });
  }
  world.clock.advance(20_000);
  assertEquals(world.told, []);
  world.core.stop();
});

Deno.test("CloudCore, nothing of what was acked comes after a reconnect", () => {
  const world = new World();
  world.connect();
  world.pod("a");
  world.closed();
  world.pod("b");
  world.connect();
  world.clock.advance(10_000);
  assertEquals(world.told, ["insert default/pod/a", "update default/pod/b"]);
  world.core.stop();
  assertEquals(world.clock.pending, 0);
});

Deno.test("CloudCore, a pod made and gone while the node is away leaves a delete", () => {
  const world = new World();
  world.pod("a");
  world.core.objects.delete({ type: "pod", namespace: "default", name: "a" }, {
    gracePeriodSeconds: 0,
  });
  world.connect();
  world.clock.advance(5000);
  assertEquals(world.told, ["delete default/pod/a"]);
  assertEquals(world.got[0]?.header.resourceversion, undefined);
  assertEquals(world.core.syncs.of("n"), []);
  world.core.stop();
});

Deno.test("CloudCore, a delete of what the node never had leaves nothing", () => {
  const world = new World();
  const config = { kind: "ConfigMap", metadata: { name: "c" } };
  world.core.objects.apply(config);
  world.core.objects.apply({
    kind: "Pod",
    metadata: { name: "a" },
    spec: { nodeName: "n", volumes: [{ configMap: { name: "c" } }] },
  });
  const ref = { type: "configmap", namespace: "default", name: "c" };
  world.core.objects.delete(ref);
  world.connect();
  world.clock.advance(5000);
  assertEquals(world.told, ["update default/pod/a"]);
  world.core.stop();
});

Deno.test("CloudCore, answers a frame before it tells what the frame changed", () => {
  const world = new World();
  world.connect();
  world.pod("a");
  world.send({
    header: { msg_id: "1" },
    route: { source: "edged", operation: "delete", resource: "default/pod/a" },
    content: { gracePeriodSeconds: 0 },
  });
  assertEquals(world.told.slice(1), [
    "response default/pod/a",
    "delete default/pod/a",
  ]);
  world.core.stop();
});

Deno.test("CloudCore, each connection throws older queues away", () => {
  const world = new World();
  world.acks = false;
  world.connect();
  world.pod("a");
  world.pod("b");
  world.connect();
  assertEquals(world.cuts, 1);
  world.acks = true;
  world.clock.advance(5000);
  assertEquals(world.told.slice(1).sort(), [
    "update default/pod/a",
    "update default/pod/b",
  ]);
  world.core.stop();
});

Deno.test("CloudCore, synced settles once everything newest is acked", async () => {
  const world = new World();
  let synced = 0;
  const count = () => synced++;
  const wait = world.core.synced("n").then(count);
  world.acks = false;
  world.connect();
  await wait;
  world.pod("a");
  assertEquals(world.core.isSynced("n"), false);
  const again = world.core.synced("n").then(count);
  const [first] = world.got;
  assert(first);
  world.pod("a", { v: "2" });
  const ack = (message: Message) =>
    world.send(newOk({ newId: () => "ack", now: () => 0 }, message));
  ack(first);
  assertEquals(world.core.isSynced("n"), false);
  assert(world.got[1]);
  ack(world.got[1]);
  await again;
  assertEquals(synced, 2);
  world.closed();
  assertEquals(world.core.isSynced("n"), false);
  world.core.stop();
});

Deno.test("CloudCore, a deleted Node ends the session and its notes", () => {
  const world = new World();
  world.connect();
  world.pod("a");
  const ref = { type: "node", namespace: "null", name: "n" };
  world.core.objects.delete(ref);
  assertEquals([world.cuts, world.core.sessions(), world.core.syncs.of("n")], [
    1,
    [],
    [],
  ]);
  world.core.stop();
});

Deno.test("CloudCore, a Node deleted while CloudCore is down loses its notes", () => {
  const world = new World();
  world.connect();
  world.pod("a");
  world.core.stop();
  world.core.objects.delete({ type: "node", namespace: "", name: "n" });
  assertEquals(world.core.syncs.of("n"), []);
  world.core.start();
  world.core.stop();
});

Deno.test("CloudCore, takes no link while stopped, and stops and starts twice", () => {
  const world = new World();
  world.core.start();
  world.core.stop();
  world.core.stop();
  assertThrows(() => world.connect(), TypeError, "stopped");
  assertEquals(world.core.running, false);
  assertEquals(world.clock.pending, 0);
});

Deno.test("CloudCore, a malformed frame cuts the connection, later ones are deaf", () => {
  const world = new World();
  world.connect();
  world.send({ header: { msg_id: 7 } });
  assertEquals(world.cuts, 1);
  world.send({ header: {}, route: { operation: "ping", resource: "x" } });
  assertEquals(world.told, []);
  world.core.stop();
});

Deno.test("CloudCore, answers viaduct's control operations at once", () => {
  const world = new World();
  world.acks = false;
  world.connect();
  for (const operation of ["ping", "pong", "config"]) {
    world.send({ header: { msg_id: operation }, route: { operation } });
  }
  assertEquals(
    world.got.map(({ header, content }) => [header.parent_msg_id, content]),
    [["ping", "ack"], ["pong", "ack"], ["config", "ack"]],
  );
  world.send({
    route: { operation: "response", resource: "default/volume/1" },
  });
  world.core.stop();
});

Deno.test("CloudCore, pushes Nodes only if it is told to", () => {
  const world = new World({ pushNodes: true });
  world.connect();
  world.core.objects.apply({
    kind: "Node",
    metadata: { name: "n" },
    status: { phase: "x" },
  });
  assertEquals(world.told, ["update null/node/n"]);
  assert(isRecord(world.got[0]?.content));
  assertEquals(world.got[0].content.kind, "Node");
  world.clock.advance(10_000);
  assertEquals(world.got.length, 1);
  world.core.stop();
});

Deno.test("CloudCore, repairs in an order that the seed decides", () => {
  const orders = [1, 2, 3, 4].map((seed) => {
    const world = new World({ random: seededRandom(seed) });
    for (const name of ["a", "b", "c", "d"]) world.pod(name);
    world.connect();
    world.clock.advance(5000);
    world.core.stop();
    assertEquals(world.told.length, 4);
    return world.told.join();
  });
  assert(new Set(orders).size > 1);
});

Deno.test("CloudCore, send passes a message of a test through", () => {
  const world = new World();
  world.connect();
  world.core.send("n", {
    header: { msg_id: "1", timestamp: 0 },
    route: { group: "user", operation: "message", resource: "x/y" },
    content: 1,
  });
  world.core.send("nobody", {
    header: { msg_id: "1", timestamp: 0 },
    route: { group: "user", operation: "message", resource: "x/y" },
    content: 1,
  });
  assertEquals(world.told, ["message x/y"]);
  assertEquals(world.core.end("nobody"), false);
  world.core.stop();
});
