import { assertEquals } from "@std/assert";
import { type Store, StoreError } from "../../../lib/store/mod.ts";
import { type Message, newResponse } from "../../../lib/message/mod.ts";
import { fromCloud, fromEdged, TEST_STAMP } from "../../support/messages.ts";
import {
  ProcessorBench,
  type Recorder,
  storePods,
} from "../../support/processor_bench.ts";

const status = (name: string, phase: string) =>
  fromEdged("update", `default/podstatus/${name}`, {
    UID: name,
    Name: name,
    Status: { phase },
  });
const event = (name: string) =>
  fromEdged("insert", `default/event/${name}`, { reason: "Started" });
const names = (count: number) =>
  Array.from({ length: count }, (_, i) => `p${i}`);
const ids = (messages: readonly Message[]) =>
  messages.map((m) => m.header.msg_id);

async function agent(bench: ProcessorBench): Promise<Recorder> {
  storePods(bench.store, ["a", "b", "last", ...names(100)]);
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  return edged;
}

Deno.test("what edged sent while offline goes on connect, the newest status first", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await agent(bench);
  const messages = [status("a", "Pending"), status("b", "Running")];
  for (const message of messages) edged.send(message);
  await bench.clock.settle();
  assertEquals(edged.take().map((m) => m.content), ["OK", "OK"]);
  assertEquals(bench.cloud.take(), []);
  await bench.connect();
  assertEquals(ids(bench.cloud.take()), ids(messages.reverse()));
});

Deno.test("send_in_progress_survives_link_break: unconfirmed goes again, confirmed does not", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await agent(bench);
  await bench.connect();
  const [a, b] = [status("a", "Running"), status("b", "Running")];
  edged.send(a);
  edged.send(b);
  await bench.clock.settle();
  assertEquals(ids(bench.cloud.take()), ids([a, b]));
  await bench.fromCloud(newResponse(TEST_STAMP, a, "OK"));
  await bench.connect(false);
  await bench.connect();
  assertEquals(ids(bench.cloud.take()), ids([b]));
  await bench.fromCloud(newResponse(TEST_STAMP, b, "OK"));
  assertEquals(bench.store.outboxLength(), 0);
});

Deno.test("a kind that the cloud does not answer is confirmed by a ping behind it", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await agent(bench);
  await bench.connect();
  const started = event("e1");
  edged.send(started);
  await bench.clock.settle();
  const [sent, ping] = bench.cloud.take();
  assertEquals(sent?.header.msg_id, started.header.msg_id);
  assertEquals(ping?.route.operation, "ping");
  assertEquals(bench.store.outboxLength(), 1);
  await bench.fromCloud(newResponse(TEST_STAMP, ping as Message, "ack"));
  assertEquals(bench.store.outboxLength(), 0);
});

Deno.test("a ping of the last connection confirms nothing", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await agent(bench);
  await bench.connect();
  edged.send(event("e1"));
  await bench.clock.settle();
  const [, ping] = bench.cloud.take();
  await bench.connect(false);
  await bench.fromCloud(newResponse(TEST_STAMP, ping as Message, "ack"));
  assertEquals(bench.store.outboxLength(), 1);
});

Deno.test("a full uplink stops the outbox, not the node, and it goes on later", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await agent(bench);
  for (let i = 0; i < 100; i++) edged.send(status(`p${i}`, "Running"));
  await bench.clock.settle();
  bench.cloud.full = true;
  await bench.connect();
  assertEquals(bench.cloud.take(), []);
  bench.cloud.full = false;
  edged.send(status("last", "Running"));
  await bench.clock.settle();
  assertEquals(bench.cloud.take().length, 101);
  const { isRunning, sent } = bench.processor.outboxWork;
  assertEquals([isRunning, sent], [false, 101]);
});

Deno.test("an outbox row that cannot be read does not hold up those behind it", async () => {
  const failures: unknown[] = [];
  await using bench = await ProcessorBench.start({
    observer: { failed: (error) => failures.push(error) },
  });
  const batch = bench.store.batch();
  batch.message(() =>
    batch.tx.enqueue({
      msgId: "broken",
      resource: "default/podstatus/x",
      type: "podstatus",
      operation: "update",
      text: "{",
      createdAtMs: 0,
    })
  );
  batch.commit();
  const edged = await agent(bench);
  const good = status("a", "Running");
  edged.send(good);
  await bench.connect();
  assertEquals(ids(bench.cloud.take()), ids([good]));
  assertEquals(failures.length, 1);
});

Deno.test("a message from the cloud in between does not disturb the order", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await agent(bench);
  await bench.connect();
  edged.send(status("a", "Pending"));
  await bench.fromCloud(
    fromCloud("update", "default/configmap/c", {
      metadata: { name: "c", uid: "c", resourceVersion: "1" },
    }),
  );
  edged.send(status("a", "Running"));
  await bench.clock.settle();
  const [first] = bench.cloud.messages.filter((m) =>
    m.route.resource === "default/podstatus/a"
  );
  await bench.fromCloud(newResponse(TEST_STAMP, first as Message, "OK"));
  const phases = bench.cloud.take()
    .filter((m) => m.route.resource === "default/podstatus/a")
    .map((m) => (m.content as { Status: { phase: string } }).Status.phase);
  assertEquals(phases, ["Pending", "Running"]);
});

for (const failingRead of [1, 2]) {
  Deno.test(`an outbox that cannot be read at read ${failingRead} is read again a second later`, async () => {
    let reads = Infinity;
    const failures: unknown[] = [];
    await using bench = await ProcessorBench.start({
      observer: { failed: (error) => failures.push(error) },
      wrap: (store) =>
        new Proxy(store as Store, {
          get(target, name) {
            const isRead = name === "outboxInfo" || name === "outboxRow";
            if (isRead && --reads === 0) {
              return () => {
                throw new StoreError("io", "disk I/O error");
              };
            }
            const value = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
    });
    const edged = await agent(bench);
    const report = status("a", "Running");
    edged.send(report);
    await bench.clock.settle();
    reads = failingRead;
    await bench.connect();
    await bench.clock.settle();
    assertEquals(failures.length, 1);
    assertEquals(bench.cloud.messages, []);
    await bench.clock.advance(1_001);
    assertEquals(ids(bench.cloud.take()), ids([report]));
    reads = 1;
    edged.send(status("b", "Running"));
    await bench.clock.settle();
    await bench.connect(false);
    await bench.clock.advance(1_001);
    assertEquals(bench.cloud.take(), []);
  });
}
