import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { RequestFailedError } from "../../lib/agent/mod.ts";
import { LIMITS } from "../../lib/base/mod.ts";
import { encode, type Message } from "../../lib/message/mod.ts";
import { until } from "../support/edged_harness.ts";
import { configUpdate, HostileCloud } from "../support/hostile_cloud.ts";

/**
 * Most memory for messages of usual size, however many and however fast: the
 * heap at its limit (128 MB, and 12 of young objects), the program's file (52),
 * and what is no heap (30). How near to its limit the heap comes before it is
 * collected is V8's choice: 190 to 215 MB were seen in all.
 */
const FLOOD_MB = 224;
/** Most memory for the largest message: it is held some eight times. */
const LARGE_MB = 448;

function idsOf(messages: readonly Message[]): string[] {
  return messages.map(({ header }) => header.msg_id);
}

/** The stored objects of these names, as an agent is told them. */
async function storedOf(
  cloud: HostileCloud,
  names: readonly string[],
): Promise<Record<string, { version: string; data: unknown }>> {
  const found: Record<string, { version: string; data: unknown }> = {};
  await using agent = cloud.world.agent({
    since: 0,
    onMessage: ({ content }) => {
      const { metadata, data } = (content ?? {}) as {
        metadata?: { name: string; resourceVersion: string };
        data?: unknown;
      };
      if (!metadata) return;
      found[metadata.name] = { version: metadata.resourceVersion, data };
    },
  });
  await agent.connect();
  await until(() => names.every((name) => name in found), "all are handed");
  return found;
}

Deno.test("hostile cloud: 50,000 messages at once are all acked, the last of each name is stored", async () => {
  await using cloud = await HostileCloud.start();
  const { node, hub } = cloud;
  const names = Array.from({ length: 500 }, (_, i) => `c${i}`);
  const value = "v".repeat(800);
  const messages = Array.from(
    { length: 50_000 },
    (_, i) => configUpdate(`c${i % 500}`, i + 1, { value }),
  );
  await node.resetPeak();
  for (const message of messages) hub.send(encode(message));
  await cloud.answered(idsOf(messages));
  await node.assertPeak("cloud, 50,000 messages at once", FLOOD_MB);
  const stored = await storedOf(cloud, names);
  for (const [i, name] of names.entries()) {
    assertEquals(stored[name]?.version, `${49_500 + i + 1}`);
  }
});

Deno.test("hostile cloud: 200 messages of 1 MB at once are taken as room is made for them", async () => {
  await using cloud = await HostileCloud.start();
  const { node, hub } = cloud;
  // Many small values take several times as much memory as their text.
  const list = Array.from({ length: 1000 }, (_, i) => ({ i, a: [], b: {} }));
  const text = "t".repeat(1_000_000);
  const messages = Array.from(
    { length: 200 },
    (_, i) => configUpdate(`c${i % 10}`, i + 1, { text, list }),
  );
  await node.resetPeak();
  for (const message of messages) hub.send(encode(message));
  await cloud.answered(idsOf(messages));
  await node.assertPeak("cloud, 200 messages of 1 MB at once", FLOOD_MB);
});

Deno.test("hostile cloud: messages of 32 MiB are stored, larger ones and those of too many values are refused with the reason", async () => {
  await using cloud = await HostileCloud.start();
  const { node, hub } = cloud;
  const lengthMax = LIMITS.messageBytesMax;
  await node.resetPeak();
  for (let i = 1; i <= 2; i++) {
    const message = configUpdate("big", i, { k: "x".repeat(lengthMax - 1000) });
    hub.send(encode(message));
    const [answer] = await cloud.answered(idsOf([message]));
    assertEquals(answer?.content, "OK");
  }
  await node.assertPeak("cloud, messages of 32 MiB", LARGE_MB);
  await node.resetPeak();

  const refused = async (text: string, id: string, reason: string) => {
    hub.send(text);
    const [answer] = await cloud.answered([id]);
    assertEquals(answer?.route.operation, "response");
    assertStringIncludes(JSON.stringify(answer?.content), reason);
  };
  const large = configUpdate("larger", 1, { k: "x".repeat(lengthMax) });
  await refused(encode(large), large.header.msg_id, "Message too large");
  for (const value of ["[]", "{}", "1.5", '"a"', "[[[]]]"]) {
    const message = configUpdate("bomb", 1, {});
    const many = `${value},`.repeat(
      Math.floor((lengthMax - 2000) / (value.length + 1)),
    );
    const text = encode(message).replace('"data":{}', `"data":[${many}0]`);
    await refused(text, message.header.msg_id, "too many values");
  }
  // As many as are let in, thrice, so that old and new are compared.
  for (let i = 1; i <= 3; i++) {
    const message = configUpdate("dense", i, {});
    const many = "{},".repeat(LIMITS.messageValuesMax / 2 - 100);
    const text = encode(message).replace('"data":{}', `"data":[${many}${i}]`);
    hub.send(text);
    const [answer] = await cloud.answered(idsOf([message]));
    assertEquals(answer?.content, "OK");
  }
  await node.assertPeak("cloud, messages of too many values", LARGE_MB);
  assertEquals((await node.status()).link.state, "connected");
});

Deno.test("redelivery_changes_nothing, B3: a hostile cloud that sends each of 2,000 messages 5 times", async () => {
  await using cloud = await HostileCloud.start();
  const { node, hub } = cloud;
  const handed: string[] = [];
  await using agent = cloud.world.agent({
    onMessage: ({ route }) => void handed.push(route.resource),
  });
  await agent.connect();
  const messages = Array.from(
    { length: 2000 },
    (_, i) => configUpdate(`c${i}`, i + 1, { i: `${i}` }),
  );
  await node.resetPeak();
  let sent = 0;
  for (let i = 0; i < messages.length; i += 100) {
    for (let times = 1; times <= 5; times++) {
      for (const message of messages.slice(i, i + 100)) {
        hub.send(encode(message));
        sent++;
      }
    }
  }
  await cloud.answered(idsOf(messages));
  const acks = () =>
    hub.received.filter(({ header }) => header.parent_msg_id).length;
  await until(() => acks() === sent, "each copy has its ack");
  await node.assertPeak("cloud, each message 5 times", FLOOD_MB);
  const configs = handed.filter((resource) => resource.includes("configmap"));
  assertEquals(configs.length, messages.length, "each is handed over once");
  const objects = (await node.status()).store?.objects;
  assertEquals(objects, { configmap: messages.length });
});

Deno.test("hostile cloud: one that answers nothing leaves no question open, and loses no report", async () => {
  await using cloud = await HostileCloud.start("edgehub.message-qps=1000");
  const { node, hub } = cloud;
  // Any message proves that it knows the node; then it says nothing more.
  hub.send(encode(configUpdate("c", 1, { k: "v" })));
  await node.connected();
  await using agent = cloud.world.agent();
  await agent.connect();
  await node.resetPeak();
  const ask = async (i: number) => {
    const asked = agent.query(`default/secret/s${i}`, { timeoutMs: 20_000 });
    const failure = await asked.then(() => undefined, (error) => error);
    assert(failure instanceof RequestFailedError, `${failure}`);
    return failure.message;
  };
  const failures = await Promise.all(
    Array.from({ length: 3000 }, (_, i) => ask(i)),
  );
  const unknown = failures.filter((text) =>
    !/did not answer|never been/.test(text)
  );
  assertEquals(unknown, []);
  await until(async () => (await node.status()).requests <= 1, "none is open");
  const pod = { namespace: "default", name: "p", uid: "p" };
  await agent.reportPodStatus(pod, { round: 1 });
  await node.assertPeak("cloud, one that answers nothing", FLOOD_MB);
});
