import { assert, assertEquals } from "@std/assert";
import { newResponse } from "../../../lib/message/mod.ts";
import {
  fromCloud,
  fromEdged,
  object,
  pod,
  TEST_STAMP,
} from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

Deno.test("option_set_is_option_used, H2: another meta.query.timeout counts from the next question", async () => {
  await using bench = await ProcessorBench.start();
  bench.markSynced();
  await bench.connect();
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  bench.live.queryTimeoutMs = 100;
  edged.send(fromEdged("query", "default/secret/s"));
  await bench.clock.advance(99);
  assertEquals(edged.take(), []);
  await bench.clock.advance(2);
  assertEquals(edged.take().length, 1);
});

Deno.test("option_set_is_option_used, H2: other meta.query.remote-types count from the next question", async () => {
  await using bench = await ProcessorBench.start();
  bench.markSynced();
  await bench.fromCloud(
    fromCloud("update", "default/secret/s", object("Secret", "s", 4)),
  );
  await bench.connect();
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  bench.live.remoteTypes = new Set();
  edged.send(fromEdged("query", "default/secret/s"));
  await bench.clock.settle();
  assertEquals(edged.take().length, 1);
});

Deno.test("option_set_is_option_used, H2: another edged.reply-timeout counts from the next change", async () => {
  await using bench = await ProcessorBench.start();
  bench.agent("edged", { answers: true });
  await bench.clock.settle();
  bench.live.replyTimeoutMs = 50;
  const message = fromCloud("insert", "default/pod/a", pod("a", 1));
  await bench.fromCloud(message);
  await bench.clock.advance(49);
  assertEquals(bench.cloud.take(), []);
  await bench.clock.advance(1);
  assertEquals(bench.cloud.take().map(({ content }) => content), ["OK"]);
});

Deno.test("option_set_is_option_used, H2: another interval of MetaSync counts once it is restarted", async () => {
  await using bench = await ProcessorBench.start();
  await bench.connect();
  const edged = bench.agent();
  await bench.clock.settle();
  await bench.fromCloud(fromCloud("insert", "default/pod/a", pod("a", 1)));
  edged.send(
    fromEdged("update", "default/podstatus/a", {
      UID: "uid-a",
      Name: "a",
      Status: { phase: "Running" },
    }),
  );
  await bench.clock.settle();
  // What the cloud has not confirmed is no matter of MetaSync.
  const report = bench.cloud.take().find(({ route }) =>
    route.resource === "default/podstatus/a"
  );
  assert(report);
  await bench.fromCloud(newResponse(TEST_STAMP, report, "OK"));
  const syncs = () =>
    bench.cloud.take().filter(({ route }) =>
      route.resource === "default/podstatus"
    ).length;
  await bench.clock.advance(5000);
  assertEquals(syncs(), 0);
  bench.live.metaSyncIntervalMs = 1000;
  bench.processor.restartMetaSync();
  await bench.clock.advance(2000);
  assertEquals(syncs(), 2);
  await bench.processor.stop();
  bench.processor.restartMetaSync();
  await bench.clock.advance(5000);
  assertEquals(syncs(), 0);
});
