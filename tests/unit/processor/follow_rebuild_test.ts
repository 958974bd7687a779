import { assertEquals } from "@std/assert";
import { fromCloud, fromEdged, pod } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const insert = (name: string) =>
  fromCloud("insert", `default/pod/${name}`, pod(name, 1));

Deno.test("cold_start_offline_serves_everything, C1: after a loss what is left is handed over and found by name", async () => {
  await using bench = await ProcessorBench.start();
  bench.markSynced();
  await bench.fromCloud(insert("a"));
  bench.store.recover();
  await bench.connect(false);
  const edged = bench.agent();
  await bench.clock.settle();
  const [started, told, finished] = edged.take();
  // It starts the pod, and ends none that is not among them.
  assertEquals((started?.content as { full: boolean }).full, false);
  assertEquals(told?.route.resource, "default/pod/a");
  assertEquals((finished?.content as { full: boolean }).full, false);
  edged.send(fromEdged("query", "default/pod/a"));
  edged.send(fromEdged("query", "default/pod"));
  await bench.clock.settle();
  assertEquals(edged.take().map((m) => m.route.operation), [
    "response",
    "error",
  ]);
});

Deno.test("a store rebuilt while it runs: agents, settling, outbox and reports begin anew", async () => {
  await using bench = await ProcessorBench.start();
  const edged = bench.agent();
  await bench.clock.settle();
  await bench.connect();
  await bench.fromCloud(insert("a"), insert("ghost"));
  await bench.clock.advance(10_001);
  assertEquals(bench.store.isSynced("*"), true);
  edged.take();
  const report = fromEdged("update", "default/podstatus/a", {
    UID: "uid-a",
    Name: "a",
    Status: { phase: "Running" },
  });
  edged.send(report);
  await bench.clock.settle();
  bench.cloud.take();
  edged.take();

  bench.store.recover();
  assertEquals(bench.store.isSynced("*"), false);
  await bench.fromCloud(insert("b"));
  const told = edged.take();
  const replay = told.slice(
    told.findIndex((m) => m.route.resource === "meta/replay"),
  );
  // Pods may be missing: agents must not infer deletes from that.
  assertEquals((replay[0]?.content as { full: boolean }).full, false);
  assertEquals((replay.at(-1)?.content as { full: boolean }).full, false);
  assertEquals(
    replay.map((m) => m.route.resource).filter((r) => r !== "meta/replay")
      .sort(),
    ["default/pod/a", "default/pod/b", "default/pod/ghost"],
  );
  assertEquals(bench.processor.liveAgents, ["edged"]);
  // What is not confirmed goes again: its row has another id now.
  assertEquals(
    bench.cloud.take().filter((m) => m.header.msg_id === report.header.msg_id)
      .length,
    1,
  );
  await bench.clock.advance(10_001);
  assertEquals(bench.store.isSynced("*"), false);
  await bench.clock.advance(60_000);
  const reports = bench.cloud.take().filter((m) => Array.isArray(m.content));
  assertEquals(JSON.stringify(reports).includes("ghost"), true);
});
