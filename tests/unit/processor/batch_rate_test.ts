import { assertEquals } from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";
import { fromCloud, pod } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const MESSAGES = 4 * LIMITS.batchMessagesMax;

Deno.test("durable_ack_rate, F3: messages that wait share one COMMIT, and none is acked before it", async () => {
  const commits: number[] = [];
  const ackedBefore: number[] = [];
  await using bench = await ProcessorBench.start({
    observer: {
      committed: ({ messages }) => {
        commits.push(messages);
        ackedBefore.push(bench.cloud.messages.length);
      },
    },
  });
  await bench.fromCloud(
    ...Array.from(
      { length: MESSAGES },
      (_, i) => fromCloud("insert", `default/pod/p-${i}`, pod(`p-${i}`, 1)),
    ),
  );
  const batches = MESSAGES / LIMITS.batchMessagesMax;
  assertEquals(commits, Array(batches).fill(LIMITS.batchMessagesMax));
  assertEquals(
    ackedBefore,
    commits.map((_, i) => i * LIMITS.batchMessagesMax),
  );
  assertEquals(bench.cloud.take().length, MESSAGES);
});
