import { assertEquals, assertThrows } from "@std/assert";
import {
  newMessage,
  newResponse,
  PermanentFault,
} from "../../../lib/message/mod.ts";
import {
  fromCloud,
  fromEdged,
  pod,
  TEST_STAMP,
} from "../../support/messages.ts";
import {
  effects,
  only,
  OperationBench,
} from "../../support/operation_bench.ts";

function sync(bench: OperationBench) {
  const message = newMessage(TEST_STAMP, {
    source: "metamanager",
    group: "resource",
    operation: "meta-internal-sync",
    resource: "podstatus",
  });
  return bench.run(message, "internal", "metamanager");
}

function put(bench: OperationBench, namespace: string, name: string) {
  const uid = `${namespace}-${name}`;
  bench.cloud(
    fromCloud(
      "insert",
      `${namespace}/pod/${name}`,
      pod(name, 1, { namespace, uid }),
    ),
  );
  const report = fromEdged("update", `${namespace}/podstatus/${name}`, {
    UID: uid,
    Name: name,
    Status: { phase: "Running" },
  });
  bench.edged(report);
  return () => bench.cloud(newResponse(TEST_STAMP, report, "OK"));
}

Deno.test("MetaSync sends one message per namespace with its pods' statuses", async () => {
  await using bench = await OperationBench.open();
  for (const [namespace, name] of [["default", "a"], ["default", "b"]]) {
    put(bench, namespace ?? "", name ?? "")();
  }
  put(bench, "prod", "a")();
  const sent = effects(sync(bench), "to-cloud").map((e) => e.message);
  assertEquals(sent.map((m) => [m.route.resource, m.route.operation]), [
    ["default/podstatus", "update"],
    ["prod/podstatus", "update"],
  ]);
  assertEquals(sent[0]?.content, [
    { UID: "default-a", Name: "a", Status: { phase: "Running" } },
    { UID: "default-b", Name: "b", Status: { phase: "Running" } },
  ]);
  assertEquals(sent[0]?.route.source, "metamanager");
});

Deno.test("MetaSync clears the status of a pod that is gone", async () => {
  await using bench = await OperationBench.open();
  bench.edged(fromEdged("update", "default/podstatus/x", { UID: "x" }));
  assertEquals(sync(bench), []);
  assertEquals(bench.store.get("default/podstatus/x"), undefined);
  assertEquals(bench.store.outboxLength(), 0);
});

Deno.test("MetaSync says nothing of what the outbox is about to say", async () => {
  await using bench = await OperationBench.open();
  put(bench, "default", "a");
  const confirm = put(bench, "default", "b");
  const reported = () => {
    const outcome = sync(bench);
    const messages = [
      ...effects(outcome, "to-cloud").map((e) => e.message),
      ...effects(outcome, "report").flatMap((e) => e.messages),
    ];
    return messages.flatMap((m) =>
      (m.content as { Name: string }[]).map((s) => s.Name)
    );
  };
  assertEquals(reported(), []);
  confirm();
  assertEquals(reported(), ["b"]);
  bench.store.recover();
  assertEquals(reported(), ["b"], "nor of the older status in the pod");
  bench.store.noteUnanswered(1);
  assertEquals(reported(), ["a", "b"], "what was left unanswered");
});

Deno.test("MetaSync does not report a status under another pod's uid", async () => {
  await using bench = await OperationBench.open();
  put(bench, "default", "a");
  const created = "2026-02-01T00:00:00Z";
  const again = pod("a", 9, { uid: "new", created });
  bench.cloud(fromCloud("update", "default/pod/a", again));
  assertEquals(effects(sync(bench), "to-cloud"), []);
});

Deno.test("MetaSync sends nothing while disconnected or without statuses", async () => {
  await using bench = await OperationBench.open();
  assertEquals(sync(bench), []);
  put(bench, "default", "a")();
  bench.connected = false;
  assertEquals(effects(sync(bench), "to-cloud"), []);
});

Deno.test("an idle MetaSync writes nothing", async () => {
  await using bench = await OperationBench.open();
  put(bench, "default", "a");
  const revision = bench.store.revision();
  sync(bench);
  assertEquals(bench.store.revision(), revision);
});

Deno.test("after a loss every stored pod is to be reported, in one effect with its mark", async () => {
  await using bench = await OperationBench.open();
  put(bench, "default", "a")();
  bench.cloud(fromCloud("insert", "default/pod/b", pod("b", 1)));
  bench.store.recover();
  bench.connected = false;
  assertEquals(sync(bench), []);
  bench.connected = true;
  const outcome = sync(bench);
  assertEquals(outcome.length, 1);
  const { messages, mark } = only(outcome, "report");
  const names = messages.map(({ content }) =>
    (content as { Name: string }[]).map(({ Name }) => Name)
  );
  assertEquals(names, [["a", "b"]]);
  assertEquals(mark, bench.store.reportOwed());
  // Made anew until it is known to have left.
  assertEquals(only(sync(bench), "report").mark, mark);
});

Deno.test("after a loss pods of other nodes, stored for who watches them, are not reported", async () => {
  await using bench = await OperationBench.open();
  put(bench, "default", "a")();
  const foreign = pod("b", 1, { spec: { nodeName: "edge-2" } });
  bench.cloud(fromCloud("insert", "default/pod/b", foreign));
  bench.store.recover();
  const [message] = only(sync(bench), "report").messages;
  const names = (message?.content as { Name: string }[]).map((s) => s.Name);
  assertEquals(names, ["a"]);
});

for (const operation of ["connect", "publish"]) {
  Deno.test(`NodeConnection (${operation}) tells of the link`, async () => {
    await using bench = await OperationBench.open();
    const tell = (content: unknown) =>
      bench.run(
        newMessage(TEST_STAMP, {
          source: "edgehub",
          group: "meta",
          operation,
          resource: "node/connection",
          content,
        }),
        "internal",
        "edgehub",
      );
    assertEquals(only(tell("cloud_connected"), "connection").connected, true);
    assertEquals(
      only(tell("cloud_disconnected"), "connection").connected,
      false,
    );
    assertThrows(() => tell("maybe"), PermanentFault, "neither");
  });
}
