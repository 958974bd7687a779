import { assertEquals } from "@std/assert";
import { askForPods } from "../../../lib/operations/pod_list.ts";
import {
  concludeSync,
  knowsAllPods,
  lacksPods,
} from "../../../lib/operations/refill.ts";
import { fromCloud, fromEdged, object, pod } from "../../support/messages.ts";
import { only, OperationBench } from "../../support/operation_bench.ts";

function node(bench: OperationBench, uid: string, version: number) {
  const content = object("Node", "edge-1", version);
  const metadata = {
    ...content.metadata as Record<string, unknown>,
    uid,
    creationTimestamp: `2026-01-0${version}T00:00:00Z`,
  };
  bench.cloud(
    fromCloud("update", "null/node/edge-1", { ...content, metadata }),
  );
}

Deno.test("concludeSync, a new store is in sync once a connection has lasted", async () => {
  await using bench = await OperationBench.open();
  assertEquals(lacksPods(bench.store), false);
  // Until then what is not stored may still come.
  assertEquals(knowsAllPods(bench.store), false);
  assertEquals(bench.task(concludeSync), [{ kind: "refilled" }]);
  assertEquals(bench.store.isSynced("*"), true);
  assertEquals(knowsAllPods(bench.store), true);
  assertEquals(bench.task(concludeSync), []);
});

Deno.test("concludeSync, a store that lost pods waits for a list", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  bench.store.recover();
  bench.task(concludeSync);
  assertEquals(lacksPods(bench.store), true);
  assertEquals(bench.store.problems.length, 1);
  bench.task((tx) => {
    tx.markSynced("pod");
    return [];
  });
  bench.task(concludeSync);
  assertEquals(bench.store.isSynced("*"), true);
  assertEquals(bench.store.problems, []);
});

Deno.test("concludeSync, or for a Node registered anew, whose pods before are reported", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  node(bench, "first", 1);
  bench.cloud(fromCloud("insert", "default/pod/a", pod("a", 1)));
  bench.store.recover();
  assertEquals(bench.task(concludeSync), []);
  assertEquals(bench.task(concludeSync), []);
  assertEquals(bench.store.isSynced("*"), false);
  node(bench, "second", 2);
  const outcome = bench.task(concludeSync);
  assertEquals(bench.store.isSynced("*"), true);
  assertEquals(bench.store.fact("node_at_loss"), "");
  const { messages, mark } = only(outcome, "report");
  assertEquals(
    messages.map(({ route, content }) => [route.resource, content]),
    [
      ["default/podstatus", [{ UID: "uid-a", Name: "a", Status: {} }]],
    ],
  );
  // Owed until the link has taken it.
  assertEquals(bench.store.reportOwed(), mark);
  only(outcome, "refilled");
});

Deno.test("concludeSync, a Node that was not there at the loss counts as new", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  bench.store.recover();
  bench.task(concludeSync);
  node(bench, "first", 1);
  only(bench.task(concludeSync), "refilled");
});

Deno.test("foreign_or_ghost_state_is_dropped, C12: a store in doubt is served on, and all its pods are reported once", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  bench.cloud(fromCloud("insert", "default/pod/a", pod("a", 1)));
  const theirs = pod("b", 1, { spec: { nodeName: "edge-2" } });
  bench.cloud(fromCloud("insert", "default/pod/b", theirs));
  bench.task((tx) => {
    tx.noteFact("problem", "another authority");
    return [];
  });
  assertEquals(lacksPods(bench.store), false);
  const { messages, mark } = only(bench.task(concludeSync), "report");
  assertEquals(messages.map(({ content }) => content), [
    [{ UID: "uid-a", Name: "a", Status: {} }],
  ]);
  assertEquals(bench.store.reportOwed(), mark);
  assertEquals(bench.store.problems, []);
  assertEquals(bench.task(concludeSync), []);
});

Deno.test("lost_store_rebuilds, C11: a new store under a known Node lets no agent end a pod, and is told of", async () => {
  for (const how of ["list", "registered"]) {
    await using bench = await OperationBench.open();
    node(bench, "first", 1);
    bench.task(concludeSync);
    assertEquals(bench.store.isSynced("*"), true);
    assertEquals(bench.store.fact("node_before_store"), "first");
    bench.task(concludeSync);
    assertEquals(bench.store.fact("node_before_store"), "first");
    assertEquals(knowsAllPods(bench.store), false);
    const query = bench.edged(fromEdged("query", "default/pod"));
    assertEquals(only(query, "reply").message.route.operation, "error");
    if (how === "registered") {
      node(bench, "second", 2);
      only(bench.task(concludeSync), "refilled");
    } else {
      const { request } = only(
        bench.task((tx, context) => askForPods(tx, context, { force: true })),
        "ask",
      );
      const answer = bench.cloud(
        fromCloud("applicationResponse", "ignore/Application/ignore", {
          Status: "Approved",
          RespBody: new TextEncoder().encode('{"items":[]}').toBase64(),
        }, { parentId: request.upstream.header.msg_id }),
      );
      only(answer, "refilled");
    }
    assertEquals(bench.store.fact("node_before_store"), "");
    assertEquals(knowsAllPods(bench.store), true);
  }
});

Deno.test("concludeSync, a Node that was registered for this store is no matter", async () => {
  await using bench = await OperationBench.open();
  bench.nowMs = Date.parse("2026-01-01T00:59:00Z");
  node(bench, "first", 1);
  bench.task(concludeSync);
  assertEquals(bench.store.fact("node_before_store"), "");
});
