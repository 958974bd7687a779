import { assert, assertEquals } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";
import { type Message, newMessage } from "../../../lib/message/mod.ts";
import { pod, TEST_STAMP } from "../../support/messages.ts";
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

/** The questions for pending pods among what went to the cloud. */
function asked(bench: ProcessorBench): Message[] {
  return bench.cloud.take().filter(({ content }) => {
    if (!isRecord(content) || typeof content.Option !== "string") return false;
    const option = new TextDecoder().decode(
      Uint8Array.fromBase64(content.Option),
    );
    return option.includes("status.phase=Pending");
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
