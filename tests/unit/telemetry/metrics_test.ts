import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Metrics } from "../../../lib/telemetry/mod.ts";

Deno.test("Metrics, renders the text exposition sorted by name", () => {
  const metrics = new Metrics();
  const received = metrics.counterFamily(
    "metamanager_messages_total",
    "Messages received\nby \\origin",
    ["origin", "operation"],
  );
  received.with("cloud", "insert").inc();
  received.with("cloud", "insert").inc(2);
  received.with('a"b\\c\nd', "x").inc();
  metrics.gauge("metamanager_inbox_messages", "Waiting", () => 7);
  metrics.counter("metamanager_batches_total", "Batches");
  const seconds = metrics.histogram("metamanager_commit_seconds", "Commit", [
    0.1,
    1,
  ]);
  for (const value of [0.05, 0.1, 0.5, 3]) seconds.observe(value);
  assertEquals(
    metrics.render(),
    `# HELP metamanager_batches_total Batches
# TYPE metamanager_batches_total counter
metamanager_batches_total 0
# HELP metamanager_commit_seconds Commit
# TYPE metamanager_commit_seconds histogram
metamanager_commit_seconds_bucket{le="0.1"} 2
metamanager_commit_seconds_bucket{le="1"} 3
metamanager_commit_seconds_bucket{le="+Inf"} 4
metamanager_commit_seconds_sum 3.65
metamanager_commit_seconds_count 4
# HELP metamanager_inbox_messages Waiting
# TYPE metamanager_inbox_messages gauge
metamanager_inbox_messages 7
# HELP metamanager_messages_total Messages received\\nby \\\\origin
# TYPE metamanager_messages_total counter
metamanager_messages_total{origin="cloud",operation="insert"} 3
metamanager_messages_total{origin="a\\"b\\\\c\\nd",operation="x"} 1
`,
  );
});

Deno.test("Metrics, a part that is built anew goes on counting", () => {
  const metrics = new Metrics();
  metrics.counter("metamanager_a_total", "A").inc();
  metrics.counter("metamanager_a_total", "A").inc();
  assertEquals(metrics.value("metamanager_a_total"), 2);
  metrics.gauge("metamanager_b", "B", () => 1);
  metrics.gauge("metamanager_b", "B", () => 2);
  assertEquals(metrics.value("metamanager_b"), 2);
  assertEquals(metrics.value("metamanager_none"), undefined);
  assertThrows(
    () => metrics.counter("metamanager_a_total", "Other"),
    TypeError,
    "name is taken",
  );
});

Deno.test("Metrics, names follow the convention", () => {
  const metrics = new Metrics();
  for (const name of ["a_total", "metamanager_a", "metamanager_A_total"]) {
    assertThrows(() => metrics.counter(name, ""), TypeError, name);
  }
  assertThrows(() => metrics.gauge("metamanager_a_total", "", () => 1));
  for (const label of ["le", "Bad", "a-b"]) {
    assertThrows(
      () => metrics.counterFamily("metamanager_a_total", "", [label]),
      TypeError,
      label,
    );
  }
});

Deno.test("Metrics, a gauge that throws is NaN and spares the others", () => {
  const metrics = new Metrics();
  const bad = () => {
    throw new Error("closed");
  };
  metrics.gauge("metamanager_a", "A", bad);
  metrics.gaugeFamily("metamanager_b", {
    help: "B",
    labels: ["kind"],
    read: bad,
  });
  metrics.gaugeFamily("metamanager_c", {
    help: "C",
    labels: ["kind"],
    read: () => [[["pod"], 3], [["node"], Infinity], [["x"], -Infinity]],
  });
  const text = metrics.render();
  assertMatch(text, /^metamanager_a NaN$/m);
  assertMatch(text, /^metamanager_b\{kind=""\} NaN$/m);
  assertMatch(text, /^metamanager_c\{kind="pod"\} 3$/m);
  assertMatch(text, /^metamanager_c\{kind="node"\} \+Inf$/m);
  assertMatch(text, /^metamanager_c\{kind="x"\} -Inf$/m);
  assertEquals(metrics.value("metamanager_c", "pod"), 3);
});

Deno.test("Metrics, labels are bounded: the rest counts as other", () => {
  const metrics = new Metrics();
  const family = metrics.counterFamily("metamanager_a_total", "A", ["k"]);
  for (let i = 0; i < 300; i++) family.with(`v${i}`).inc();
  assertEquals(metrics.value("metamanager_a_total", "v199"), 1);
  assertEquals(metrics.value("metamanager_a_total", "v200"), undefined);
  assertEquals(metrics.value("metamanager_a_total", "other"), 100);
  assertThrows(() => family.with(), TypeError, "expected 1 values, got 0");
});

Deno.test("Metrics, counters that their owner counts are read when asked for", () => {
  const metrics = new Metrics();
  let n = 1;
  metrics.counterReader("metamanager_a_total", {
    help: "A",
    labels: ["x"],
    read: () => [[["1"], n]],
  });
  n = 5;
  assertEquals(metrics.value("metamanager_a_total", "1"), 5);
  assertMatch(metrics.render(), /metamanager_a_total\{x="1"\} 5\n/);
  metrics.gaugeFamily("process_b", {
    help: "B",
    labels: ["x"],
    read: () => [...Array(1000).keys()].map((i) => [[`${i}`], i] as const),
  });
  assertEquals(metrics.value("process_b", "199"), 199);
  assertEquals(metrics.value("process_b", "200"), undefined);
  assertEquals(metrics.families, [
    { name: "metamanager_a_total", kind: "counter", labels: ["x"] },
    { name: "process_b", kind: "gauge", labels: ["x"] },
  ]);
});
