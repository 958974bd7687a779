import { assertEquals, assertThrows } from "@std/assert";
import { decode, PermanentFault } from "../../../lib/message/mod.ts";
import { fromCloud, fromEdged, object, pod } from "../../support/messages.ts";
import {
  effects,
  only,
  OperationBench,
} from "../../support/operation_bench.ts";
import { messageOf } from "../message/frames.ts";

const STATUS = "default/podstatus/web-0";

function status(phase: string, uid = "uid-web-0") {
  return { UID: uid, Name: "web-0", Status: { phase } };
}

for (const connected of [true, false]) {
  const when = connected ? "connected" : "offline";
  Deno.test(`local_ok_means_stored_outbound (${when})`, async () => {
    await using bench = await OperationBench.open();
    bench.connected = connected;
    const message = fromEdged("update", STATUS, status("Running"));
    const outcome = bench.edged(message);
    assertEquals(
      JSON.parse(bench.store.get(STATUS)?.value ?? ""),
      message.content,
    );
    const [row] = bench.store.outbox(0, 10);
    assertEquals(row?.msgId, message.header.msg_id);
    assertEquals(messageOf(decode(row?.text ?? "")), message);
    only(outcome, "outbox");
    const reply = only(outcome, "reply").message;
    assertEquals([reply.content, reply.header.parent_msg_id], [
      "OK",
      message.header.msg_id,
    ]);
  });

  Deno.test(`an update without a delta is answered at once (${when})`, async () => {
    await using bench = await OperationBench.open();
    bench.connected = connected;
    bench.edged(fromEdged("update", STATUS, status("Running")));
    const revision = bench.store.revision();
    const outcome = bench.edged(
      fromEdged("update", STATUS, status("Running")),
    );
    assertEquals(only(outcome, "reply").message.content, "OK");
    assertEquals(effects(outcome, "outbox"), []);
    assertEquals(bench.store.outboxLength(), 1);
    assertEquals(bench.store.revision(), revision);
  });
}

Deno.test("a list of statuses is one report for each of its pods", async () => {
  await using bench = await OperationBench.open();
  const web1 = { ...status("Running", "uid-web-1"), Name: "web-1" };
  const list = [status("Running"), web1];
  const message = fromEdged("update", "default/podstatus", list);
  const outcome = bench.edged(message);
  const reply = only(outcome, "reply").message;
  assertEquals([reply.content, reply.header.parent_msg_id], [
    "OK",
    message.header.msg_id,
  ]);
  only(outcome, "outbox");
  const rows = bench.store.list("podstatus");
  assertEquals(rows.map((row) => row.key), [STATUS, "default/podstatus/web-1"]);
  assertEquals(rows.map((row) => JSON.parse(row.value)), list);
  const sent = bench.store.outbox(0, 10).map((row) => JSON.parse(row.text));
  assertEquals(sent.map(({ content }) => content), list);
  assertEquals(new Set(sent.map(({ header }) => header.msg_id)).size, 2);
  const again = bench.edged(fromEdged("update", "default/podstatus", [web1]));
  assertEquals(effects(again, "outbox"), []);
  assertEquals(bench.store.outboxLength(), 2);
});

Deno.test("a list of statuses is taken whole or refused whole", async () => {
  await using bench = await OperationBench.open();
  for (const bad of [{}, "x", null, ["x"], [{}], [{ Name: "a/b" }]]) {
    const list = Array.isArray(bad) ? [status("Running"), ...bad] : bad;
    assertThrows(
      () => bench.edged(fromEdged("update", "default/podstatus", list)),
      PermanentFault,
    );
  }
  assertEquals(bench.store.list("podstatus"), []);
  const none = bench.edged(fromEdged("update", "default/podstatus", []));
  assertEquals(only(none, "reply").message.content, "OK");
  assertEquals(effects(none, "outbox"), []);
});

Deno.test("backlog_is_merged_and_yields_to_live: one waiting report per status", async () => {
  await using bench = await OperationBench.open();
  bench.connected = false;
  const other = fromEdged("update", "default/podstatus/b", { UID: "b" });
  bench.edged(other);
  for (let i = 0; i < 100; i++) {
    bench.edged(fromEdged("update", STATUS, status(`Phase${i}`)));
  }
  const last = fromEdged("update", STATUS, status("Running"));
  bench.edged(last);
  assertEquals(
    bench.store.outbox(0, 10).map((row) => row.msgId),
    [other.header.msg_id, last.header.msg_id],
  );
});

Deno.test("an agent's update of what it read wins over the equal version", async () => {
  await using bench = await OperationBench.open();
  const key = "null/node/edge-1";
  bench.cloud(fromCloud("update", key, object("Node", "edge-1", 5)));
  const labelled = { ...object("Node", "edge-1", 5), spec: { x: 1 } };
  const outcome = bench.edged(fromEdged("update", key, labelled));
  only(outcome, "outbox");
  assertEquals(JSON.parse(bench.store.get(key)?.value ?? "").spec, { x: 1 });
});

Deno.test("reportToCloud, an agent's update leaves the row's source", async () => {
  await using bench = await OperationBench.open();
  const key = "default/configmap/c";
  const config = object("ConfigMap", "c", 5);
  bench.cloud(fromCloud("insert", key, config));
  bench.edged(fromEdged("update", key, { ...config, data: { x: "1" } }));
  const row = bench.store.get(key);
  assertEquals(JSON.parse(row?.value ?? "").data, { x: "1" });
  assertEquals(row?.source, "edgecontroller");
  const other = {
    ...object("ConfigMap", "c", 6),
    metadata: { name: "c", uid: "other", resourceVersion: "6" },
  };
  bench.edged(fromEdged("update", key, other));
  assertEquals(bench.store.get(key)?.uid, "other");
  assertEquals(bench.store.get(key)?.source, "edgecontroller");
});

Deno.test("reportToCloud, what an agent stores first is its own", async () => {
  await using bench = await OperationBench.open();
  bench.edged(fromEdged("update", STATUS, status("Running")));
  assertEquals(bench.store.get(STATUS)?.source, "edged");
});

Deno.test("a status of a pod that was deleted here goes nowhere", async () => {
  await using bench = await OperationBench.open();
  const key = "default/pod/web-0";
  bench.cloud(fromCloud("insert", key, pod("web-0", 1)));
  bench.cloud(fromCloud("delete", key, pod("web-0", 2)));
  const outcome = bench.edged(fromEdged("update", STATUS, status("Failed")));
  assertEquals(only(outcome, "reply").message.content, "OK");
  assertEquals(bench.store.outboxLength(), 0);
  assertEquals(bench.store.get(STATUS), undefined);
});

Deno.test("a status of the pod's predecessor goes nowhere", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(
    fromCloud("insert", "default/pod/web-0", pod("web-0", 1, { uid: "B" })),
  );
  bench.edged(fromEdged("update", STATUS, status("Failed", "A")));
  assertEquals(bench.store.outboxLength(), 0);
});

for (
  const [operation, resource] of [
    ["insert", "null/node/edge-1"],
    ["insert", "kube-node-lease/lease/edge-1"],
    ["update", "kube-node-lease/lease/edge-1"],
    ["insert", "default/pod/mirror"],
    ["insert", "default/certificatesigningrequest/csr-x"],
    ["patch", "default/podpatch/web-0"],
    ["patch", "null/nodepatch/edge-1"],
  ] as const
) {
  Deno.test(`${operation} ${resource} is asked of the cloud, never queued`, async () => {
    await using bench = await OperationBench.open();
    const message = fromEdged(operation, resource, { metadata: {} });
    const { request } = only(bench.edged(message), "ask");
    assertEquals(request.upstream.content, message.content);
    assertEquals(bench.store.outboxLength(), 0);
    bench.connected = false;
    const { message: error } = only(bench.edged(message), "reply");
    assertEquals(error.route.operation, "error");
    assertEquals(error.header.parent_msg_id, message.header.msg_id);
    assertEquals(bench.store.outboxLength(), 0);
  });
}

for (const operation of ["insert", "update", "patch"]) {
  Deno.test(`an event (${operation}) is passed on and stored nowhere else`, async () => {
    await using bench = await OperationBench.open();
    const resource = "default/event/web-0.17c";
    const event = fromEdged(operation, resource, { reason: "Started" });
    const outcome = bench.edged(event);
    only(outcome, "outbox");
    assertEquals(bench.store.outboxLength(), 1);
    assertEquals(bench.store.get(resource), undefined);
  });
}

Deno.test("edged's delete of a pod goes to the cloud and the row stays", async () => {
  await using bench = await OperationBench.open();
  const key = "default/pod/web-0";
  bench.cloud(fromCloud("insert", key, pod("web-0", 1)));
  const message = fromEdged("delete", key, {
    gracePeriodSeconds: 0,
    preconditions: { uid: "uid-web-0" },
  });
  const outcome = bench.edged(message);
  assertEquals(only(outcome, "reply").message.content, "OK");
  assertEquals(bench.store.outbox(0, 1)[0]?.msgId, message.header.msg_id);
  assertEquals(bench.store.get(key)?.version, "1");
});

Deno.test("edged's delete of a pod with an object for DeleteOptions is refused: CloudCore would keep the pod", async () => {
  await using bench = await OperationBench.open();
  assertThrows(
    () => bench.edged(fromEdged("delete", "default/pod/a", pod("a", 1))),
    PermanentFault,
    "preconditions",
  );
  assertEquals(bench.store.outboxLength(), 0);
});

Deno.test("edged's delete of what it stored itself goes at once", async () => {
  await using bench = await OperationBench.open();
  bench.edged(fromEdged("update", STATUS, status("Running")));
  const outcome = bench.edged(fromEdged("delete", STATUS));
  assertEquals(only(outcome, "reply").message.content, "OK");
  assertEquals(bench.store.get(STATUS), undefined);
  assertEquals(bench.store.outboxLength(), 0);
});

for (
  const [how, content] of [
    ["text", "A"],
    ["an object's uid", { metadata: { uid: "A" } }],
    ["a bare uid", { uid: "A" }],
  ] as const
) {
  Deno.test(`edged's delete of tokens names their pod by ${how}`, async () => {
    await using bench = await OperationBench.open();
    const batch = bench.store.batch();
    batch.message(() => {
      for (const uid of ["A", "B"]) {
        batch.tx.put({
          key: `token of ${uid}`,
          type: "serviceaccounttoken",
          value: "{}",
          uid,
          version: "",
          created: "",
          source: "edgecontroller",
        });
      }
    });
    batch.commit();
    const resource = "default/serviceaccounttoken/default";
    const outcome = bench.edged(fromEdged("delete", resource, content));
    assertEquals(only(outcome, "reply").message.content, "OK");
    assertEquals(
      bench.store.list("serviceaccounttoken").map((row) => row.uid),
      ["B"],
    );
  });
}

Deno.test("edged's delete of tokens that names no pod removes none", async () => {
  await using bench = await OperationBench.open();
  const batch = bench.store.batch();
  batch.message(() =>
    batch.tx.put({
      key: "unbound",
      type: "serviceaccounttoken",
      value: "{}",
      uid: "",
      version: "",
      created: "",
      source: "edgecontroller",
    })
  );
  batch.commit();
  const resource = "default/serviceaccounttoken/default";
  for (const content of [null, {}, 5]) {
    bench.edged(fromEdged("delete", resource, content));
  }
  assertEquals(bench.store.list("serviceaccounttoken").length, 1);
});

Deno.test("edged may not delete what only the cloud can", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(
    fromCloud("insert", "default/secret/s", object("Secret", "s", 1)),
  );
  assertThrows(
    () => bench.edged(fromEdged("delete", "default/secret/s")),
    PermanentFault,
    "Only the cloud",
  );
  assertEquals(bench.store.get("default/secret/s")?.version, "1");
});

Deno.test("what edged sends under a cloud module's name goes up under its own", async () => {
  await using bench = await OperationBench.open();
  const message = fromEdged("update", STATUS, status("Running"));
  const disguised = {
    ...message,
    route: { ...message.route, source: "edgecontroller" },
  };
  bench.edged(disguised);
  const row = bench.store.outbox(0, 1)[0];
  assertEquals(JSON.parse(row?.text ?? "").route.source, "edged");
});
