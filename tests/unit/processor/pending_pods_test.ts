import { assert, assertEquals } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";
import { type Message, newMessage } from "../../../lib/message/mod.ts";
import { nodeAnswer, pod, TEST_STAMP } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const SETTLE_MS = 10_000;
const INTERVAL_MS = 10 * 60_000;

/** In sync from the start: nothing else is asked for. */
async function started(
  pendingPodsIntervalMs = INTERVAL_MS,
): Promise<ProcessorBench> {
  const bench = await ProcessorBench.start({ pendingPodsIntervalMs });
  const batch = bench.store.batch();
  batch.message(() => batch.tx.markSynced("*"));
  batch.commit();
  return bench;
}

const PENDING = "spec.nodeName=edge-1,status.phase=Pending";
const ALL = "spec.nodeName=edge-1";

/** The questions for certain pods among what went to the cloud. */
function asked(bench: ProcessorBench, fields = PENDING): Message[] {
  return bench.cloud.take().filter(({ content }) => {
    if (!isRecord(content) || typeof content.Option !== "string") return false;
    const option = new TextDecoder().decode(
      Uint8Array.fromBase64(content.Option),
    );
    return JSON.parse(option).fieldSelector === fields;
  });
}

function answer(question: Message, content: Record<string, unknown>): Message {
  return newMessage(TEST_STAMP, {
    source: "dynamiccontroller",
    group: "resource",
    operation: "applicationResponse",
    resource: "ignore/Application/ignore",
    parentId: question.header.msg_id,
    content,
  });
}

function listed(question: Message, ...items: unknown[]): Message {
  const text = JSON.stringify({ kind: "PodList", metadata: {}, items });
  const RespBody = new TextEncoder().encode(text).toBase64();
  return answer(question, { Status: "Approved", RespBody });
}

Deno.test("pod_never_sent_is_asked_for, C13: once a connection has lasted, and once an interval", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.connect();
  await bench.clock.advance(SETTLE_MS - 1);
  assertEquals(asked(bench), []);
  await bench.clock.advance(1);
  const [question, ...more] = asked(bench);
  assert(question);
  assertEquals(more, []);
  edged.take();
  await bench.fromCloud(listed(question, pod("missed", 4)));
  const handed = edged.take().map(({ route }) =>
    `${route.operation} ${route.resource}`
  );
  assertEquals(handed, ["update default/pod/missed"]);
  await bench.clock.advance(0.9 * INTERVAL_MS - 1);
  assertEquals(asked(bench), []);
  await bench.clock.advance(0.2 * INTERVAL_MS + 1);
  assertEquals(asked(bench).length, 1);
});

Deno.test("PendingPods, an empty list writes nothing", async () => {
  await using bench = await started();
  await bench.connect();
  await bench.clock.advance(SETTLE_MS);
  const [question] = asked(bench);
  assert(question);
  const before = bench.store.revision();
  await bench.fromCloud(listed(question));
  assertEquals(bench.store.revision(), before);
});

Deno.test("PendingPods, a cloud that does not list pods is asked once a connection", async () => {
  await using bench = await started();
  for (const isSilent of [true, false]) {
    await bench.connect();
    await bench.clock.advance(SETTLE_MS);
    const [question] = asked(bench);
    assert(question);
    if (!isSilent) {
      await bench.fromCloud(answer(question, { Status: "Rejected" }));
    }
    await bench.clock.advance(10 * INTERVAL_MS);
    assertEquals(asked(bench), []);
    await bench.connect(false);
  }
});

Deno.test("PendingPods, nothing is asked without a link", async () => {
  await using bench = await started();
  await bench.connect();
  await bench.clock.advance(SETTLE_MS - 1);
  await bench.connect(false);
  await bench.clock.advance(INTERVAL_MS);
  assertEquals(asked(bench), []);
  await bench.connect();
  await bench.clock.advance(SETTLE_MS);
  const [question] = asked(bench);
  await bench.fromCloud(listed(question!));
  await bench.connect(false);
  await bench.clock.advance(2 * INTERVAL_MS);
  assertEquals(asked(bench), []);
});

Deno.test("PendingPods, an interval of 0 asks nothing", async () => {
  await using bench = await started(0);
  await bench.connect();
  await bench.clock.advance(10 * INTERVAL_MS);
  assertEquals(asked(bench), []);
});

Deno.test("pod_never_sent_is_asked_for, C13: all pods are asked for once the Node was registered anew, until they are listed", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.connect();
  await bench.fromCloud(nodeAnswer("uid-1", 1));
  await bench.clock.advance(5000);
  assertEquals(asked(bench, ALL).length, 1, "the first of a store in sync");
  await bench.connect(false);

  await bench.connect();
  await bench.fromCloud(nodeAnswer("uid-1", 1));
  await bench.clock.advance(SETTLE_MS);
  const [first] = asked(bench, ALL);
  assert(first, "it was not answered");
  await bench.fromCloud(listed(first, pod("a", 1)));

  await bench.fromCloud(nodeAnswer("uid-2", 2));
  await bench.clock.advance(4999);
  assertEquals(asked(bench, ALL), []);
  await bench.clock.advance(1);
  const [again, ...more] = asked(bench, ALL);
  assert(again);
  assertEquals(more, []);
  edged.take();
  await bench.fromCloud(listed(again, pod("a", 2, { labels: { x: "1" } })));
  assertEquals(
    edged.take().map(({ route }) => `${route.operation} ${route.resource}`),
    ["update default/pod/a"],
  );
  await bench.clock.advance(1.1 * INTERVAL_MS);
  assertEquals(asked(bench).length, 1, "from there the pending ones");
});

Deno.test("PendingPods, the answer to an earlier question does not put the one for all pods off", async () => {
  await using bench = await started();
  await bench.connect();
  await bench.clock.advance(SETTLE_MS);
  const [pending] = asked(bench);
  await bench.fromCloud(nodeAnswer("uid-1", 1));
  await bench.fromCloud(listed(pending!));
  await bench.clock.advance(5000);
  assertEquals(asked(bench, ALL).length, 1);
});

Deno.test("PendingPods, what was due on one link is not asked before the next one has lasted", async () => {
  await using bench = await started();
  await bench.connect();
  await bench.clock.advance(SETTLE_MS);
  const [question] = asked(bench);
  await bench.fromCloud(listed(question!));
  await bench.connect(false);
  await bench.clock.advance(INTERVAL_MS - 1);
  await bench.connect();
  await bench.clock.advance(SETTLE_MS - 1);
  assertEquals(asked(bench), []);
  await bench.clock.advance(1);
  assertEquals(asked(bench).length, 1);
});
