import { assertEquals, assertMatch } from "@std/assert";
import { encode, type Message } from "../../lib/message/mod.ts";
import { until } from "../support/edged_harness.ts";
import { fromCloud, pod } from "../support/messages.ts";
import { askAdmin, NodeProcess } from "../support/node_process.ts";
import { World } from "../support/node_world.ts";
import { ScriptedHub } from "../support/scripted_hub.ts";

/** A good message, to be spoilt: its text, given an id and its content. */
type Spoil = (good: Message) => string;

const route = (good: Message, change: Record<string, unknown>) =>
  JSON.stringify({ ...good, route: { ...good.route, ...change } });
const header = (good: Message, change: Record<string, unknown>) =>
  JSON.stringify({ ...good, header: { ...good.header, ...change } });
const content = (good: Message, json: string) =>
  encode({ ...good, content: "HERE" }).replace('"HERE"', json);

const DEEP = `${"[".repeat(200)}${"]".repeat(200)}`;

/** Every way of being wrong that the processor or the link must answer. */
const CASES: Readonly<Record<string, readonly [Spoil, RegExp]>> = {
  "not JSON behind its head": [
    (good) => encode(good).slice(0, -2),
    /not JSON/,
  ],
  "no operation": [
    (good) => route(good, { operation: undefined }),
    /operation/,
  ],
  "a mistyped timestamp": [
    (good) => header(good, { timestamp: 1.5 }),
    /integer/,
  ],
  "a mistyped version": [
    (good) => header(good, { resourceversion: 5 }),
    /string/,
  ],
  "an unknown operation": [
    (good) => route(good, { operation: "frobnicate" }),
    /Unknown operation/,
  ],
  "an operation that only agents may ask for": [
    (good) => route(good, { operation: "query" }),
    /Not allowed/,
  ],
  "a group of nobody": [(good) => route(good, { group: "nobody" }), /group/],
  "a resource that is none": [
    (good) => route(good, { resource: "default//x" }),
    /Resource/,
  ],
  "the key __proto__": [
    (good) => content(good, '{"__proto__":{"x":1}}'),
    /__proto__/,
  ],
  "half a surrogate pair": [
    (good) => content(good, '{"x":"\\ud800"}'),
    /surrogate/,
  ],
  "nesting without end": [(good) => content(good, DEEP), /deep/],
  "a version that is no number": [
    (good) =>
      header({ ...good, content: { metadata: {} } }, { resourceversion: "x" }),
    /unsigned/,
  ],
  "no content": [(good) => content(good, "null"), /empty/],
  "more than fits": [
    (good) => content(good, `{"x":"${"y".repeat(100_000)}"}`),
    /too large/,
  ],
};

Deno.test("malformed_message_is_contained: each is answered with its reason, counted, stored nowhere, and the next one is served", async () => {
  await using hub = new ScriptedHub();
  await using world = await World.start();
  await using node = new NodeProcess(world.sets(
    `edgehub.websocket.url=${hub.url}`,
    "edgehub.message-size=64KiB",
  ));
  await hub.connected();
  // The operator's socket is there after the link.
  await node.ready();
  let count = 0;
  for (const [name, [spoil, reason]] of Object.entries(CASES)) {
    const before = await revision(world);
    const bad = fromCloud("insert", "default/pod/bad", pod("bad", 1));
    hub.send(spoil(bad));
    await until(() => answer(hub, bad) !== undefined, `${name} is answered`);
    assertEquals(answer(hub, bad)?.route.operation, "response", name);
    assertMatch(String(answer(hub, bad)?.content), reason, name);
    assertEquals(await revision(world), before, name);
    count++;
    const next = fromCloud(
      "insert",
      `default/pod/p${count}`,
      pod(`p${count}`, 1),
    );
    hub.send(encode(next));
    await until(() => answer(hub, next) !== undefined, `after ${name}`);
    assertEquals(answer(hub, next)?.content, "OK", name);
  }
  const status = await statusOf(world);
  assertEquals(status.store.objects["pod"], count);
  const messages = status.health.checks.find((c) => c.name === "messages");
  assertMatch(messages?.reason ?? "", new RegExp(`^${count} refused`));
  node.signal("SIGTERM");
  assertEquals((await node.status).code, 0);
});

function answer(hub: ScriptedHub, to: Message): Message | undefined {
  return hub.answersTo(to.header.msg_id)[0];
}

interface Status {
  readonly store: {
    readonly revision: number;
    readonly objects: Readonly<Record<string, number>>;
  };
  readonly health: {
    readonly checks: readonly { name: string; reason: string }[];
  };
}

async function statusOf(world: World): Promise<Status> {
  const page = await askAdmin(world.adminSocket, "/status");
  assertEquals(page?.status, 200);
  return JSON.parse(page?.text ?? "");
}

async function revision(world: World): Promise<number> {
  return (await statusOf(world)).store.revision;
}
