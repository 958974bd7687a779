import { assertEquals } from "@std/assert";
import { flowCounts, FlowMeter } from "../../../lib/app/flow_counts.ts";

Deno.test("FlowMeter, what flowed per second, over the last minute and lately", () => {
  const counts = flowCounts();
  const meter = new FlowMeter(counts);
  assertEquals([meter.lately("batches"), meter.rates().batches], [0, []]);
  meter.sample(0);
  assertEquals([meter.lately("batches"), meter.rates().batches], [0, []]);
  counts.batches += 5;
  counts.fromCloud += 40;
  meter.sample(1000);
  counts.toAgents += 1;
  meter.sample(3000);
  const rates = meter.rates();
  assertEquals(rates.batches, [5, 0]);
  assertEquals(rates.fromCloud, [40, 0]);
  assertEquals(rates.toAgents, [0, 0.5]);
  assertEquals([rates.toCloud, rates.fromAgents], [[0, 0], [0, 0]]);
  assertEquals([meter.lately("fromCloud"), meter.lately("batches")], [13, 1.7]);
  for (let second = 4; second < 100; second++) {
    counts.fromCloud += 10;
    meter.sample(second * 1000);
  }
  assertEquals(meter.rates().fromCloud, Array(60).fill(10));
  assertEquals(meter.lately("fromCloud"), 10);
  // A clock that stands still gives no rate without end.
  meter.sample(99_000);
  assertEquals(meter.rates().fromCloud.at(-1), 0);
});
