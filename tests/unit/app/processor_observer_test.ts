import { assertEquals } from "@std/assert";
import { processorObserver } from "../../../lib/app/processor_observer.ts";
import { StoreError } from "../../../lib/store/mod.ts";
import { observerBench } from "./observer_bench.ts";

Deno.test("processorObserver, counts what is processed and committed", () => {
  const { parts, sample, lines } = observerBench();
  const observer = processorObserver(parts);
  const event = { operation: "insert", origin: "cloud", outcome: "done" };
  observer.processed?.(event as never);
  observer.processed?.(event as never);
  observer.committed?.({ messages: 3, commitMs: 2 });
  assertEquals(
    [
      sample(
        'metamanager_messages_processed_total{operation="insert",source="cloud",outcome="done"}',
      ),
      sample("metamanager_batch_messages_sum"),
      sample("metamanager_commit_seconds_sum"),
      sample("metamanager_commit_seconds_count"),
    ],
    [2, 3, 0.002, 1],
  );
  assertEquals(lines, []);
});

Deno.test("processorObserver, counts messages of several kinds apart, in whatever order they come", () => {
  const { parts, sample } = observerBench();
  const observer = processorObserver(parts);
  const kinds = [
    { operation: "insert", origin: "cloud", outcome: "done" },
    { operation: "insert", origin: "cloud", outcome: "failed" },
    { operation: "insert", origin: "edged", outcome: "done" },
    { operation: "update", origin: "cloud", outcome: "done" },
  ] as const;
  // The first kind once, the second twice and so on, one by one in turn.
  for (const [i] of kinds.entries()) {
    for (const kind of kinds.slice(i)) observer.processed?.(kind);
  }
  const counts = kinds.map(({ operation, origin, outcome }) =>
    sample(
      "metamanager_messages_processed_total" +
        `{operation="${operation}",source="${origin}",outcome="${outcome}"}`,
    )
  );
  assertEquals(counts, [1, 2, 3, 4]);
});

Deno.test("processorObserver, counts and logs what is refused, with its reason", () => {
  const { parts, sample, lines } = observerBench();
  const observer = processorObserver(parts);
  observer.fault?.({
    kind: "bad-content",
    text: "Object has no name",
    msgId: "id-1",
    resource: "default/pod/a",
    cause: new TypeError("not ours"),
  }, "edged");
  observer.refused?.("default/podstatus/a", "Forbidden: no");
  observer.agentLate?.("edged", "default/pod/a");
  observer.undelivered?.("websocket", "default/pod/a");
  const [fault, refused, late] = lines;
  assertEquals(
    [fault?.level, fault?.room, fault?.reason, fault?.msgId],
    ["warn", "processor", "Object has no name", "id-1"],
  );
  assertEquals([refused?.reason, late?.module], ["Forbidden: no", "edged"]);
  assertEquals(
    [
      sample(
        'metamanager_message_faults_total{kind="bad-content",source="edged"}',
      ),
      sample("metamanager_outbox_refused_total"),
      sample("metamanager_agent_deadlines_missed_total"),
      sample('metamanager_undelivered_total{receiver="websocket"}'),
    ],
    [1, 1, 1, 1],
  );
});

Deno.test("processorObserver, a store that fails is unhealthy until it recovers", () => {
  const { parts, sample, lines } = observerBench();
  const observer = processorObserver(parts);
  observer.failed?.(new Error("disk full"), 4);
  const check = parts.health.get("store");
  assertEquals([check?.state, check?.reason], ["failed", "Error: disk full"]);
  observer.recovered?.();
  assertEquals(parts.health.get("store")?.state, "ok");
  assertEquals(sample('metamanager_store_failures_total{kind="other"}'), 1);
  assertEquals(
    lines.map(({ level, event }) => [level, event]).filter(
      ([level]) => level !== "debug",
    ),
    [["error", "not stored"], ["info", "storing again"]],
  );
});

Deno.test("processorObserver, failures of the store are told apart", () => {
  const { parts, sample } = observerBench();
  const observer = processorObserver(parts);
  const full = new StoreError("full", "Cannot write: disk full");
  observer.failed?.(full, 1);
  observer.failed?.(new Error("batch", { cause: full }), 1);
  observer.failed?.(new TypeError("defect"), 1);
  const name = "metamanager_store_failures_total";
  assertEquals(sample(`${name}{kind="full"}`), 2);
  assertEquals(sample(`${name}{kind="other"}`), 1);
});

Deno.test("processorObserver, a damaged row is named", () => {
  const { parts, sample, lines } = observerBench();
  const observer = processorObserver(parts);
  observer.noted?.("damaged-row", "default/pod/a");
  assertEquals(lines.map(({ level, resource }) => [level, resource]), [
    ["error", "default/pod/a"],
  ]);
  assertEquals(sample('metamanager_results_total{result="damaged-row"}'), 1);
});
