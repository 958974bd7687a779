import { assertEquals } from "@std/assert";
import { errStatus } from "../../../lib/message/mod.ts";
import { fromCloud, nodeAnswer } from "../../support/messages.ts";
import { effects, OperationBench } from "../../support/operation_bench.ts";

const KEY = "null/node/edge-1";

const count = (
  outcome: ReturnType<OperationBench["cloud"]>,
  kind: "node-came" | "node-gone",
) => effects(outcome, kind).length;

Deno.test("nodeCame, a Node that is new in a store in sync, or another one", async () => {
  await using bench = await OperationBench.open();
  assertEquals(
    count(bench.cloud(nodeAnswer("a", 1)), "node-came"),
    0,
    "not in sync",
  );
  bench.markSynced();
  assertEquals(
    count(bench.cloud(nodeAnswer("a", 2)), "node-came"),
    0,
    "the same",
  );
  assertEquals(
    count(bench.cloud(nodeAnswer("b", 3)), "node-came"),
    1,
    "another",
  );
  const other = bench.cloud(nodeAnswer("c", 4, "edge-2"));
  assertEquals(count(other, "node-came"), 0, "somebody else's");
});

Deno.test("nodeGone, of a Node that is stored, and of no other", async () => {
  await using bench = await OperationBench.open();
  const gone = (key = KEY, reason: "NotFound" | "Timeout" = "NotFound") =>
    count(
      bench.cloud(fromCloud("response", key, errStatus(reason, "x"))),
      "node-gone",
    );
  assertEquals(gone(), 0, "none is stored");
  bench.cloud(nodeAnswer("a", 1));
  bench.cloud(nodeAnswer("b", 1, "edge-2"));
  assertEquals(gone("null/node/edge-2"), 0);
  assertEquals(gone(KEY, "Timeout"), 0);
  assertEquals(gone(), 1);
});
