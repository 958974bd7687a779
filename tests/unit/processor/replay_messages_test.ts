import { assertEquals } from "@std/assert";
import {
  changeMessage,
  replayMarker,
  withRevision,
} from "../../../lib/processor/replay_messages.ts";
import { fromCloud, pod, TEST_STAMP } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

Deno.test("changeMessage() tells of what is stored now, of deletes, and of nothing older", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(
    fromCloud("insert", "default/pod/a", pod("a", 1)),
    fromCloud("insert", "default/pod/b", pod("b", 2)),
  );
  const { store } = bench;
  const sources = { stamp: TEST_STAMP, store, nodeId: "edge-1" };
  const before = [...store.changesSince(0).changes];
  await bench.fromCloud(
    fromCloud("update", "default/pod/a", pod("a", 3, { labels: { x: "1" } })),
    fromCloud("delete", "default/pod/b", pod("b", 4)),
  );
  assertEquals(before.map((change) => changeMessage(change, sources)), [
    undefined,
    undefined,
  ]);
  const now = [...store.changesSince(0).changes].map((change) =>
    changeMessage(change, sources)
  );
  assertEquals(
    now.map((m) => [m?.route.operation, m?.route.resource, m?.header.revision]),
    [["update", "default/pod/a", undefined], [
      "delete",
      "default/pod/b",
      undefined,
    ]],
  );
});

Deno.test("replayMarker() is no change, withRevision() leaves the original", () => {
  const marker = replayMarker(TEST_STAMP, { state: "finished" });
  assertEquals(marker.route.resource, "meta/replay");
  assertEquals(withRevision(marker, 7).header.revision, 7);
  assertEquals(marker.header.revision, undefined);
});
