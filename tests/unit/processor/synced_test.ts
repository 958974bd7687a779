import { assertEquals } from "@std/assert";
import { fromCloud, pod } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

Deno.test("synced() marks every type in a standalone node, once", async () => {
  await using bench = await ProcessorBench.start({ standalone: true });
  await bench.clock.settle();
  assertEquals(bench.store.isSynced("*"), true);
  assertEquals(bench.store.isSynced("pod"), true);
});

Deno.test("synced() marks a standalone node again after a rebuild", async () => {
  await using bench = await ProcessorBench.start({ standalone: true });
  await bench.clock.settle();
  bench.store.recover();
  assertEquals(bench.store.isSynced("*"), false);
  await bench.fromCloud(fromCloud("insert", "default/pod/a", pod("a", 1)));
  assertEquals(bench.store.isSynced("*"), true);
});
