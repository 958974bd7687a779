import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Flow } from "../../../lib/app/flow.ts";
import type { FlowFilter } from "../../../lib/app/flow_reader.ts";
import type { EdgehubObserver } from "../../../lib/edgehub/mod.ts";
import { newOk } from "../../../lib/message/mod.ts";
import type { ProcessorObserver } from "../../../lib/processor/mod.ts";
import {
  fromCloud,
  fromEdged,
  pod,
  TEST_STAMP,
} from "../../support/messages.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";
import {
  type BenchOptions,
  ProcessorBench,
} from "../../support/processor_bench.ts";

/** A processor whose flow is noted. */
async function startBench(options: BenchOptions = {}) {
  const observer: ProcessorObserver = {};
  const bench = await ProcessorBench.start({ ...options, observer });
  const flow = new Flow(bench.clock);
  Object.assign(observer, flow.ofProcessor(options.observer ?? {}));
  const lines = (filter?: FlowFilter) =>
    flow.reader.list(filter).map(({ from, to, operation, resource, outcome }) =>
      `${from} > ${to} ${operation} ${resource}: ${outcome}`
    );
  return {
    bench,
    flow,
    lines,
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
}

Deno.test("Flow, a message that was stored is noted with what it led to", async () => {
  await using world = await startBench();
  const { bench, flow, lines } = world;
  bench.agent();
  await bench.connect();
  const message = fromCloud("insert", "default/pod/a", pod("a", 1));
  await bench.fromCloud(message);
  await bench.fromCloud(fromCloud("update", "default/pod/a", pod("a", 1)));
  assertEquals(lines({ resource: (text) => text.startsWith("default/") }), [
    "cloud > node insert default/pod/a: stored",
    "cloud > node update default/pod/a: unchanged",
    "node > edged insert default/pod/a: sent",
    "node > cloud response default/pod/a: sent",
    "node > cloud response default/pod/a: sent",
  ]);
  assertEquals(lines({ operations: ["connect"] }), [
    "node > node connect node/connection: link up",
  ]);
  const [came, handed, answer] = flow.reader.list({
    operations: ["insert", "response"],
  });
  assertEquals(
    [came?.id, came?.source, came?.group, came?.latencyMs],
    [message.header.msg_id, "edgecontroller", "resource", 0],
  );
  assert(came && !("parentId" in came) && !("content" in came));
  assertEquals(handed?.id, message.header.msg_id);
  assertEquals(answer?.parentId, message.header.msg_id);
});

Deno.test("Flow, latency runs from the arrival to the answer", async () => {
  await using world = await startBench();
  const { bench, flow } = world;
  const agent = bench.agent("edged", { answers: true });
  await bench.clock.advance(5000);
  await bench.fromCloud(fromCloud("insert", "default/pod/a", pod("a", 1)));
  await bench.clock.advance(750);
  const handed = agent.take().find(({ route }) => route.operation === "insert");
  agent.send(newOk(TEST_STAMP, handed!));
  await bench.clock.settle();
  const shown = flow.reader.list()
    .map((
      { from, to, operation, outcome, latencyMs },
    ) => [from, to, operation, outcome, latencyMs]).slice(-4);
  assertEquals(shown, [
    ["cloud", "node", "insert", "stored", 0],
    ["node", "edged", "insert", "sent", 0],
    ["edged", "node", "response", "answer", 0],
    ["node", "cloud", "response", "sent", 750],
  ]);
  const times = flow.reader.list().slice(-4).map(({ time }) =>
    Date.parse(time)
  );
  assertEquals(times[2]! - times[1]!, 750);
  assertEquals(times[3], bench.clock.now());
});

Deno.test("Flow, a message that waited for its batch took as long", async () => {
  const clock = new VirtualClock();
  const flow = new Flow(clock);
  const observer = flow.ofProcessor({});
  const message = fromCloud("insert", "default/pod/a", pod("a", 1));
  await clock.advance(250);
  observer.settled?.([
    { kind: "task", run: () => [], failed: () => [] },
    {
      kind: "message",
      envelope: { message, from: "websocket", bytes: 500 },
      receivedMs: 100,
    },
  ], [[], []]);
  const [shown, ...more] = flow.reader.list();
  assertEquals(more, []);
  assertEquals([shown?.latencyMs, shown?.bytes], [150, 500]);
  assertEquals(Date.parse(shown!.time), clock.now() - 150);
});

Deno.test("Flow, what an agent does is noted under its name", async () => {
  await using world = await startBench({ standalone: true });
  const { bench, lines } = world;
  const agent = bench.agent("camera");
  await bench.clock.advance(20_000);
  await bench.fromCloud(fromCloud("insert", "default/pod/a", pod("a", 1)));
  agent.send(fromEdged("query", "default/pod/a"));
  agent.send(
    fromEdged("update", "default/podstatus/b", { UID: "u", Status: {} }),
  );
  agent.send(fromEdged("nonsense", "default/pod/a"));
  await bench.clock.settle();
  assertEquals(lines().filter((line) => line.startsWith("camera")), [
    "camera > node query default/pod/a: from the store",
    "camera > node update default/podstatus/b: queued",
    "camera > node nonsense default/pod/a: refused: unknown-operation",
  ]);
});

Deno.test("Flow, a batch that the store failed is to be repeated", async () => {
  const failures: unknown[] = [];
  await using world = await startBench({
    observer: { failed: (error) => failures.push(error) },
    wrap: (store) =>
      new Proxy(store, {
        get: (target, name) => {
          if (name === "batch") throw new Error("disk full");
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  });
  const { bench, lines } = world;
  await bench.fromCloud(fromCloud("insert", "default/pod/a", pod("a", 1)));
  assertEquals(lines(), [
    "cloud > node insert default/pod/a: failed, to be repeated",
    "node > cloud error default/pod/a: sent",
  ]);
  assert(failures.length > 0);
});

Deno.test("Flow, its rates count each direction", async () => {
  await using world = await startBench();
  const { bench, flow } = world;
  const agent = bench.agent();
  flow.sample();
  for (let i = 0; i < 10; i++) {
    await bench.fromCloud(
      fromCloud("insert", `default/pod/${i}`, pod(`${i}`, 1)),
    );
  }
  agent.send(fromEdged("query", "default/pod/1"));
  await bench.clock.advance(1000);
  flow.sample();
  const report = flow.report();
  assertEquals(
    [report.fromCloudPerSecond, report.toCloudPerSecond],
    [10, 10],
  );
  assertEquals(report.fromAgentsPerSecond, 1);
  assert(report.toAgentsPerSecond >= 11 && report.batchesPerSecond >= 11);
});

Deno.test("Flow, the link's last error and its refusals are remembered", async () => {
  await using world = await startBench();
  const { flow, lines } = world;
  const told: unknown[] = [];
  const observer = flow.ofLink({
    down: ({ error }) => told.push(error.message),
    fault: ({ kind }) => told.push(kind),
  } as EdgehubObserver);
  assertEquals(flow.failure, undefined);
  const error = { message: "connection refused" };
  observer.down?.({ error } as never);
  observer.fault?.({ kind: "too-large", text: "", resource: "default/pod/a" });
  observer.fault?.({ kind: "not-json", text: "" });
  assertEquals(told, ["connection refused", "too-large", "not-json"]);
  assertEquals(flow.failure?.error, "connection refused");
  assertStringIncludes(flow.failure!.at, "T");
  assertEquals(lines(), [
    "cloud > node  default/pod/a: refused: too-large",
    "cloud > node  : refused: not-json",
  ]);
});
