import { assertEquals } from "@std/assert";
import { newError, newResponse } from "../../../lib/message/mod.ts";
import {
  fromCloud,
  fromEdged,
  object,
  pod,
  TEST_STAMP,
} from "../../support/messages.ts";
import {
  effects,
  only,
  OperationBench,
} from "../../support/operation_bench.ts";

const CONFIG = "default/configmap/c";
const NOT_FOUND = {
  ErrStatus: {
    metadata: {},
    status: "Failure",
    message: 'configmap "c" not found',
    reason: "NotFound",
    code: 404,
  },
};

async function asked(resource = CONFIG, operation = "query") {
  const bench = await OperationBench.open();
  const question = fromEdged(operation, resource);
  const { request } = only(bench.edged(question), "ask");
  return { bench, question, request };
}

Deno.test("an answer in time is stored, acked and settles its request", async () => {
  const { bench, request } = await asked();
  await using _ = bench;
  const config = object("ConfigMap", "c", 7);
  const answer = newResponse(TEST_STAMP, request.upstream, config);
  const outcome = bench.cloud(answer);
  assertEquals(bench.store.get(CONFIG)?.version, "7");
  const ack = only(outcome, "to-cloud").message;
  assertEquals([ack.content, ack.header.parent_msg_id], [
    "OK",
    answer.header.msg_id,
  ]);
  const settled = only(outcome, "settle");
  assertEquals(settled.requestId, request.upstream.header.msg_id);
  assertEquals(settled.message, answer);
});

Deno.test("a late answer is stored, acked and handed over as an update", async () => {
  await using bench = await OperationBench.open();
  const answer = fromCloud("response", CONFIG, object("ConfigMap", "c", 7), {
    parentId: "nobody-waits",
  });
  const outcome = bench.cloud(answer);
  only(outcome, "to-cloud");
  const handed = only(outcome, "hand-over").message;
  assertEquals(handed.route.operation, "update");
  assertEquals(handed.header.parent_msg_id, undefined);
  const twice = bench.cloud(answer);
  only(twice, "to-cloud");
  assertEquals(effects(twice, "hand-over"), []);
});

Deno.test("reply_reaches_its_request even when its version is known", async () => {
  const { bench, request } = await asked();
  await using _ = bench;
  bench.cloud(fromCloud("update", CONFIG, object("ConfigMap", "c", 7)));
  const answer = newResponse(
    TEST_STAMP,
    request.upstream,
    object("ConfigMap", "c", 7),
  );
  only(bench.cloud(answer), "settle");
});

Deno.test("NotFound is passed on and removes the row, and is not acked", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("update", CONFIG, object("ConfigMap", "c", 7)));
  bench.confirmed.clear();
  const { request } = only(bench.edged(fromEdged("query", CONFIG)), "ask");
  const answer = newResponse(TEST_STAMP, request.upstream, NOT_FOUND);
  const outcome = bench.cloud(answer);
  assertEquals(bench.store.get(CONFIG), undefined);
  assertEquals(only(outcome, "settle").message.content, NOT_FOUND);
  assertEquals(effects(outcome, "to-cloud"), []);
});

Deno.test("another error is passed on, is never stored and leaves the row", async () => {
  const { bench, request } = await asked();
  await using _ = bench;
  bench.cloud(fromCloud("update", CONFIG, object("ConfigMap", "c", 7)));
  const forbidden = {
    ErrStatus: { ...NOT_FOUND.ErrStatus, reason: "Forbidden", code: 403 },
  };
  const answer = newResponse(TEST_STAMP, request.upstream, forbidden);
  only(bench.cloud(answer), "settle");
  assertEquals(bench.store.get(CONFIG)?.version, "7");
});

Deno.test("an error of Go in the place of an object destroys nothing", async () => {
  const { bench, request } = await asked();
  await using _ = bench;
  bench.cloud(fromCloud("update", CONFIG, object("ConfigMap", "c", 7)));
  const answer = newResponse(TEST_STAMP, request.upstream, {});
  const outcome = bench.cloud(answer);
  assertEquals(only(outcome, "settle").message, answer);
  assertEquals(effects(outcome, "to-cloud"), []);
  assertEquals(effects(outcome, "hand-over"), []);
  assertEquals(bench.store.get(CONFIG)?.version, "7");
});

Deno.test("an error of Go confirms no delete and does not replace its pod", async () => {
  await using bench = await OperationBench.open();
  const key = "default/pod/a";
  bench.cloud(fromCloud("insert", key, pod("a", 5)));
  const question = fromEdged("delete", key, { preconditions: {} });
  bench.edged(question);
  bench.sent.add(question.header.msg_id);
  const dial = { Op: "dial", Net: "tcp", Source: null, Addr: {}, Err: {} };
  const outcome = bench.cloud(newResponse(TEST_STAMP, question, dial));
  assertEquals(bench.store.outboxLength(), 1);
  assertEquals(only(outcome, "outbox-answered").refused, true);
  assertEquals(effects(outcome, "hand-over"), []);
  assertEquals(bench.store.get(key)?.version, "5");
});

Deno.test("an answer asked for after a delete brings the object back", async () => {
  await using bench = await OperationBench.open();
  const config = object("ConfigMap", "c", 7);
  bench.cloud(fromCloud("update", CONFIG, config));
  bench.cloud(fromCloud("delete", CONFIG, config));
  const { request } = only(bench.edged(fromEdged("query", CONFIG)), "ask");
  bench.cloud(newResponse(TEST_STAMP, request.upstream, config));
  assertEquals(bench.store.get(CONFIG)?.version, "7");
});

Deno.test("an answer asked for before a delete does not", async () => {
  const { bench, request } = await asked();
  await using _ = bench;
  const config = object("ConfigMap", "c", 7);
  bench.cloud(fromCloud("update", CONFIG, config));
  bench.cloud(fromCloud("delete", CONFIG, config));
  bench.cloud(newResponse(TEST_STAMP, request.upstream, config));
  assertEquals(bench.store.get(CONFIG), undefined);
});

Deno.test("the object of an ObjectResp is stored with its kind", async () => {
  const { bench, request } = await asked("null/node/edge-1", "insert");
  await using _ = bench;
  const { kind: _kind, apiVersion: _api, ...node } = object(
    "Node",
    "edge-1",
    5,
  );
  const answer = newResponse(TEST_STAMP, request.upstream, {
    Object: node,
    Err: null,
  });
  const outcome = bench.cloud(answer);
  const stored = JSON.parse(bench.store.get("null/node/edge-1")?.value ?? "");
  assertEquals([stored.kind, stored.apiVersion], ["Node", "v1"]);
  only(outcome, "to-cloud");
});

Deno.test("an ObjectResp with Err is passed on and not stored", async () => {
  const { bench, request } = await asked("null/node/edge-1", "insert");
  await using _ = bench;
  const content = { Object: { metadata: {}, spec: {} }, Err: NOT_FOUND };
  const outcome = bench.cloud(
    newResponse(TEST_STAMP, request.upstream, content),
  );
  assertEquals(only(outcome, "settle").message.content, content);
  assertEquals(bench.store.get("null/node/edge-1"), undefined);
});

Deno.test("a lease in an answer is acked and written nowhere", async () => {
  const { bench, request } = await asked(
    "kube-node-lease/lease/edge-1",
    "update",
  );
  await using _ = bench;
  const revision = bench.store.revision();
  const outcome = bench.cloud(newResponse(TEST_STAMP, request.upstream, {
    Object: object("Lease", "edge-1", 5),
    Err: null,
  }));
  only(outcome, "to-cloud");
  only(outcome, "settle");
  assertEquals(bench.store.revision(), revision);
});

Deno.test("the pod in a patch's answer updates the stored one of the same uid", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", "default/pod/a", pod("a", 5)));
  const patch = fromEdged("patch", "default/podpatch/a", "{}");
  const { request } = only(bench.edged(patch), "ask");
  const patched = pod("a", 6, { status: { phase: "Running" } });
  bench.cloud(newResponse(TEST_STAMP, request.upstream, {
    Object: patched,
    Err: null,
  }));
  assertEquals(bench.store.get("default/pod/a")?.version, "6");
  assertEquals(bench.store.get("default/podpatch/a"), undefined);
});

Deno.test("a late patch answer does not bring a deleted pod back", async () => {
  await using bench = await OperationBench.open();
  const patch = fromEdged("patch", "default/podpatch/a", "{}");
  const { request } = only(bench.edged(patch), "ask");
  bench.cloud(newResponse(TEST_STAMP, request.upstream, {
    Object: pod("a", 6),
    Err: null,
  }));
  assertEquals(bench.store.get("default/pod/a"), undefined);
});

Deno.test("the cluster's CA is stored as text", async () => {
  const { bench, request } = await asked("k8s/ca.crt");
  await using _ = bench;
  const pem = "-----BEGIN CERTIFICATE-----\n...";
  bench.cloud(newResponse(TEST_STAMP, request.upstream, pem));
  assertEquals(bench.store.get("k8s/ca.crt")?.value, pem);
  bench.connected = false;
  const { message } = only(
    bench.edged(fromEdged("query", "k8s/ca.crt")),
    "reply",
  );
  assertEquals(message.content, [pem]);
});

Deno.test("an answer confirms the outbox message that it names", async () => {
  await using bench = await OperationBench.open();
  const status = fromEdged("update", "default/podstatus/a", {
    UID: "u",
    Name: "a",
    Status: {},
  });
  bench.edged(status);
  assertEquals(bench.store.outboxLength(), 1);
  bench.cloud(newResponse(TEST_STAMP, { ...status }, "OK"));
  assertEquals(bench.store.outboxLength(), 0);
});

Deno.test("a definite refusal removes the outbox message and is told", async () => {
  await using bench = await OperationBench.open();
  const status = fromEdged("update", "default/podstatus/a", { UID: "u" });
  bench.edged(status);
  const outcome = bench.cloud(newResponse(TEST_STAMP, status, NOT_FOUND));
  assertEquals(bench.store.outboxLength(), 0);
  assertEquals(
    only(outcome, "refused").reason,
    'NotFound: configmap "c" not found',
  );
});

Deno.test("recreated_object_replaces_old: in a late answer, too", async () => {
  await using bench = await OperationBench.open();
  const config = (version: number, uid: string) => ({
    ...object("ConfigMap", "c", version),
    metadata: {
      name: "c",
      uid,
      resourceVersion: String(version),
      creationTimestamp: `2026-01-0${version}T00:00:00Z`,
    },
  });
  bench.cloud(fromCloud("insert", CONFIG, config(1, "A")));
  const outcome = bench.cloud(
    fromCloud("response", CONFIG, config(2, "B"), { parentId: "late" }),
  );
  assertEquals(
    effects(outcome, "hand-over").map(({ message, revision }) => [
      message.route.operation,
      (message.content as { metadata: { uid: string } }).metadata.uid,
      revision,
    ]),
    [["delete", "A", 2], ["update", "B", 3]],
  );
});

Deno.test("a refusal that may pass keeps the outbox message", async () => {
  await using bench = await OperationBench.open();
  const status = fromEdged("update", "default/podstatus/a", { UID: "u" });
  bench.edged(status);
  const busy = {
    ErrStatus: { ...NOT_FOUND.ErrStatus, reason: "ServiceUnavailable" },
  };
  bench.cloud(newResponse(TEST_STAMP, status, busy));
  assertEquals(bench.store.outboxLength(), 1);
});

Deno.test("an error from the cloud settles the request it names", async () => {
  const { bench, request } = await asked();
  await using _ = bench;
  const answer = newError(TEST_STAMP, request.upstream, "no permission");
  const outcome = bench.cloud(answer);
  only(outcome, "settle");
  assertEquals(effects(outcome, "to-cloud"), []);
});

Deno.test("an answered ping confirms the messages sent before it", async () => {
  await using bench = await OperationBench.open();
  const event = fromEdged("insert", "default/event/e", { reason: "Started" });
  bench.edged(event);
  bench.barriers.set("ping-1", [event.header.msg_id]);
  const outcome = bench.cloud(
    fromCloud("response", "node", "ack", { parentId: "ping-1" }),
  );
  assertEquals(bench.store.outboxLength(), 0);
  assertEquals(only(outcome, "outbox-passed").pingId, "ping-1");
});

Deno.test("a response of an agent answers what it was handed", async () => {
  await using bench = await OperationBench.open();
  const answer = fromEdged("response", "default/pod/a", "OK", {
    parentId: "x",
  });
  const { module, answer: passed } = only(
    bench.edged(answer),
    "agent-answered",
  );
  assertEquals([module, passed], ["edged", answer]);
});

Deno.test("a bare OK that nobody waits for is neither stored nor acked", async () => {
  await using bench = await OperationBench.open();
  const revision = bench.store.revision();
  const outcome = bench.cloud(
    fromCloud("response", "default/podstatus", "OK", { parentId: "x" }),
  );
  assertEquals(outcome, []);
  assertEquals(bench.store.revision(), revision);
});
