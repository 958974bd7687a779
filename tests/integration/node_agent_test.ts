import { assert, assertEquals, assertRejects } from "@std/assert";
import type { EdgeNode } from "../../lib/app/mod.ts";
import { AgentClosedError, type MessageHandler } from "../../lib/agent/mod.ts";
import { sleep, SystemClock } from "../../lib/base/mod.ts";
import { encode, type Message, newResponse } from "../../lib/message/mod.ts";
import { stamp, until } from "../support/edged_harness.ts";
import {
  NODE,
  Picture,
  podManifest,
  podRef,
  summaryOf,
  World,
} from "../support/node_world.ts";

/** A connected node; the cloud does not repeat while an agent thinks. */
async function started(): Promise<
  { world: World; node: EdgeNode } & AsyncDisposable
> {
  const world = await World.start({ hub: { timing: { repairMs: 100 } } });
  const node = await world.node();
  await node.start();
  await until(() => node.status().synced, "in sync");
  await until(() => node.status().link.state === "connected", "connected");
  return {
    world,
    node,
    async [Symbol.asyncDispose]() {
      await node.stop();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** The cloud changes a pod; returns how the node answered. */
async function change(world: World, n: number): Promise<unknown[]> {
  const { hub } = world;
  const before = hub.frames.count;
  hub.apply(podManifest("web-0", n));
  await hub.synced(NODE);
  const { message } = await hub.frames.waitFor(
    ({ from, message }) =>
      from === "cloud" && message?.route.resource === "default/pod/web-0",
    { after: before },
  );
  return answersTo(world, message);
}

/** Operation and content of each answer to a message of the cloud. */
function answersTo({ hub }: World, asked: Message | undefined): unknown[] {
  return hub.frames.entries.filter(({ from, message }) =>
    from === "edge" &&
    message?.header.parent_msg_id === asked?.header.msg_id
  ).map(({ message }) => [message?.route.operation, message?.content]);
}

const OK = [["response", "OK"]];

Deno.test("an agent that answers: its words reach the cloud, its error too", async () => {
  await using bench = await started();
  const { world } = bench;
  let n = 0;
  await using agent = world.agent({
    answers: true,
    onMessage: ({ route }) => {
      if (!route.resource.includes("/pod/")) return;
      if (++n === 2) throw new Error("no room for it");
      return n === 1 ? { started: true } : undefined;
    },
  });
  await agent.connect();
  await until(() => bench.node.status().agents.length === 1, "attached");
  assertEquals(await change(world, 1), [["response", { started: true }]]);
  assertEquals(await change(world, 2), [["response", "no room for it"]]);
  assertEquals(await change(world, 3), OK);
});

Deno.test("an agent that is not there: OK, and it is handed everything once it is", async () => {
  await using bench = await started();
  const { world } = bench;
  assertEquals(await change(world, 1), OK);
  assertEquals(await change(world, 2), OK);
  const picture = new Picture();
  await using agent = world.agent({
    answers: true,
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  await until(() => picture.objects.size === 1, "handed over");
  assertEquals(picture.summary("pod"), summaryOf(world.hub.list("pod")));
  assertEquals(picture.events.length, 1);
});

Deno.test("an agent that never answers: OK after the deadline, then at once", async () => {
  await using bench = await started();
  const { world } = bench;
  const stuck = Promise.withResolvers<void>();
  const handed: unknown[] = [];
  await using agent = world.agent({
    answers: true,
    onMessage: ({ content, route }) => {
      if (!route.resource.includes("/pod/")) return;
      handed.push(content);
      return stuck.promise;
    },
  });
  await agent.connect();
  await until(() => bench.node.status().agents.length === 1, "attached");
  assertEquals(await change(world, 1), OK);
  const late = "metamanager_agent_deadlines_missed_total 1";
  assert(bench.node.metrics.render().includes(late));
  for (let n = 2; n < 12; n++) assertEquals(await change(world, n), OK);
  // Nobody waited for it any more.
  assert(bench.node.metrics.render().includes(late));
  assertEquals(handed.length, 1);
  stuck.resolve();
});

Deno.test("an agent that answers late: one ack, and it is waited for again", async () => {
  await using bench = await started();
  const { world } = bench;
  const clock = new SystemClock();
  let delayMs = 400;
  const words: MessageHandler = async ({ route }) => {
    if (!route.resource.includes("/pod/")) return;
    await sleep(clock, delayMs);
    return `after ${delayMs} ms`;
  };
  await using agent = world.agent({ answers: true, onMessage: words });
  await agent.connect();
  await until(() => bench.node.status().agents.length === 1, "attached");
  assertEquals(await change(world, 1), OK);
  // Its answer comes now, and shows that it is alive.
  delayMs = 1;
  let n = 1;
  await until(
    async () => {
      const answers = await change(world, ++n);
      return JSON.stringify(answers) === '[["response","after 1 ms"]]';
    },
    "waited for again",
  );
  const { entries } = world.hub.frames;
  const acks = entries.filter(({ from, message }) =>
    from === "edge" && message?.route.operation === "response"
  ).map(({ message }) => message?.header.parent_msg_id);
  assertEquals(new Set(acks).size, acks.length);
});

Deno.test("an agent that answers twice: one ack", async () => {
  await using bench = await started();
  const { world } = bench;
  // A client of its own: ours cannot answer twice.
  const client = Deno.createHttpClient({
    proxy: { transport: "unix", path: world.socket },
  });
  const socket = new WebSocket("ws://localhost/attach/edged?answers=true", {
    client,
  } as unknown as string[]);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.onmessage = ({ data }) => {
    const message: Message = JSON.parse(data);
    if (!message.route.resource.includes("/pod/")) return;
    for (const content of ["once", "twice"]) {
      socket.send(encode(newResponse(stamp, message, content)));
    }
  };
  await until(() => bench.node.status().agents.length === 1, "attached");
  assertEquals(await change(world, 1), [["response", "once"]]);
  assertEquals(await change(world, 2), [["response", "once"]]);
  socket.close();
  await closed;
  client.close();
});

Deno.test("an agent that dies while it is asked: OK at once, and it comes again", async () => {
  await using bench = await started();
  const { world } = bench;
  const asked = Promise.withResolvers<void>();
  {
    const agent = world.agent({
      answers: true,
      onMessage: ({ route }) => {
        if (!route.resource.includes("/pod/")) return;
        asked.resolve();
        return new Promise(() => {});
      },
    });
    await agent.connect();
    await until(() => bench.node.status().agents.length === 1, "attached");
    const changed = change(world, 1);
    await asked.promise;
    await agent.close();
    assertEquals(await changed, OK);
    await assertRejects(() => agent.query("default/pod"), AgentClosedError);
  }
  const picture = new Picture();
  await using agent = world.agent({
    since: 0,
    onMessage: (message) => picture.take(message),
  });
  await agent.connect();
  await until(() => picture.objects.size === 1, "handed over again");
  assertEquals(picture.summary("pod"), summaryOf(world.hub.list("pod")));
});

Deno.test("an agent's reports of an outage reach the cloud once it is back, in order", async () => {
  await using bench = await started();
  const { world, node } = bench;
  const { hub } = world;
  const { uid } = hub.apply(podManifest("web-0")).metadata;
  await hub.synced(NODE);
  await using agent = world.agent();
  await agent.connect();
  await hub.stop();
  await until(() => node.status().link.state !== "connected", "link is down");
  const pod = { namespace: "default", name: "web-0", uid };
  for (let i = 1; i <= 5; i++) await agent.reportPodStatus(pod, { round: i });
  assert((node.status().store?.outbox ?? 0) > 0);
  await hub.start();
  node.reconnect();
  await until(() => node.status().store?.outbox === 0, "all is confirmed");
  assertEquals(
    (hub.get(podRef("web-0"))?.status as { round: number }).round,
    5,
  );
  const rounds = hub.frames.entries.flatMap(({ from, message }) =>
    from === "edge" && message?.route.resource === "default/podstatus/web-0"
      ? [(message.content as { Status: { round: number } }).Status.round]
      : []
  );
  assertEquals(rounds, [...rounds].sort());
});
