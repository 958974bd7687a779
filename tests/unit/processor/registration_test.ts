import { assertEquals } from "@std/assert";
import type { Message } from "../../../lib/message/mod.ts";
import { errStatus } from "../../../lib/message/mod.ts";
import { fromCloud, fromEdged, nodeAnswer } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const KEY = "null/node/edge-1";
const CLEAR_UP_MS = 15_000;

const gone = fromCloud("response", KEY, errStatus("NotFound", "gone"));
const registration = () =>
  fromEdged("insert", KEY, { metadata: { name: "edge-1" } });

const registrations = (messages: readonly Message[]) =>
  messages.filter(({ route }) => route.operation === "insert").length;

async function started(): Promise<ProcessorBench> {
  const bench = await ProcessorBench.start();
  await bench.connect();
  return bench;
}

Deno.test("Registration, of a Node that was deleted, waits until CloudCore has cleared up, KubeEdge 6034", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.fromCloud(nodeAnswer("uid-1", 1), gone);
  const first = registration();
  edged.send(first);
  edged.send(fromEdged("query", "default/configmap/a"));
  await bench.clock.advance(CLEAR_UP_MS - 1);
  assertEquals(answered(edged.take(), first), [], "the cloud has its time yet");
  const sent = bench.cloud.take();
  assertEquals(registrations(sent), 0);
  assertEquals(
    sent.some(({ route }) => route.resource === "default/configmap/a"),
    true,
    "all else is asked at once",
  );
  await bench.clock.advance(1);
  assertEquals(registrations(bench.cloud.take()), 1);
  edged.send(registration());
  await bench.clock.advance(1);
  assertEquals(registrations(bench.cloud.take()), 1, "from there at once");
  await bench.fromCloud(nodeAnswer("uid-2", 2), gone);
  edged.send(registration());
  await bench.clock.advance(CLEAR_UP_MS - 1);
  assertEquals(registrations(bench.cloud.take()), 0, "that Node went, too");
  await bench.clock.advance(1);
  assertEquals(registrations(bench.cloud.take()), 1);
});

Deno.test("Registration, a Node that was never here is registered at once", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.fromCloud(gone);
  edged.send(registration());
  await bench.clock.advance(1);
  assertEquals(registrations(bench.cloud.take()), 1);
});

Deno.test("Registration, a Node that went is waited for once, though each session says it again", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.fromCloud(nodeAnswer("uid-1", 1), gone);
  await bench.clock.advance(CLEAR_UP_MS - 1);
  await bench.connect(false);
  await bench.connect();
  await bench.fromCloud(gone);
  edged.send(registration());
  await bench.clock.advance(1);
  assertEquals(registrations(bench.cloud.take()), 1);
});

/** How the requests were answered that an agent sent. */
function answered(messages: readonly Message[], to: Message): string[] {
  return messages.filter(({ header }) =>
    header.parent_msg_id === to.header.msg_id
  ).map(({ route }) => route.operation);
}

Deno.test("Registration, one is held, a further one fails at once, and all with the link", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.fromCloud(nodeAnswer("uid-1", 1), gone);
  const [first, second] = [registration(), registration()];
  edged.send(first);
  edged.send(second);
  await bench.clock.advance(1);
  const early = edged.take();
  assertEquals(answered(early, first), []);
  assertEquals(answered(early, second), ["error"]);
  await bench.connect(false);
  assertEquals(answered(edged.take(), first), ["error"]);
  await bench.clock.advance(CLEAR_UP_MS);
  assertEquals(registrations(bench.cloud.take()), 0);
});

Deno.test("Registration, nothing that is held is sent by a node that has stopped", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.fromCloud(nodeAnswer("uid-1", 1), gone);
  edged.send(registration());
  await bench.clock.advance(1);
  await bench.processor.stop();
  await bench.clock.advance(CLEAR_UP_MS);
  assertEquals(registrations(bench.cloud.take()), 0);
});
