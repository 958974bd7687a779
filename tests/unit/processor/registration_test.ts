import { assertEquals } from "@std/assert";
import type { Message } from "../../../lib/message/mod.ts";
import { errStatus } from "../../../lib/message/mod.ts";
import { fromCloud, fromEdged, object } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const KEY = "null/node/edge-1";
const CLEAR_UP_MS = 15_000;

const gone = fromCloud("response", KEY, errStatus("NotFound", "gone"));
const node = () => fromCloud("response", KEY, object("Node", "edge-1", 1));
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
  await bench.fromCloud(node(), gone);
  edged.send(registration());
  edged.send(fromEdged("query", "default/configmap/a"));
  await bench.clock.advance(CLEAR_UP_MS - 1);
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
});

Deno.test("Registration, a Node that was never here is registered at once", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.fromCloud(gone);
  edged.send(registration());
  await bench.clock.advance(1);
  assertEquals(registrations(bench.cloud.take()), 1);
});

Deno.test("Registration, one that is held fails if the cloud is away by then, and none is asked once the node has stopped", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.fromCloud(node(), gone);
  const asked = registration();
  edged.send(asked);
  await bench.clock.advance(1);
  await bench.connect(false);
  bench.cloud.full = true;
  edged.take();
  await bench.clock.advance(CLEAR_UP_MS);
  const answers = edged.take().filter(({ header }) =>
    header.parent_msg_id === asked.header.msg_id
  );
  assertEquals(answers.map(({ route }) => route.operation), ["error"]);
  bench.cloud.full = false;
  await bench.connect();
  await bench.fromCloud(gone);
  edged.send(registration());
  await bench.clock.advance(1);
  await bench.processor.stop();
  bench.cloud.take();
  await bench.clock.advance(CLEAR_UP_MS);
  assertEquals(bench.cloud.take(), []);
});
