import { assertEquals } from "@std/assert";
import {
  type Message,
  newError,
  newResponse,
} from "../../../lib/message/mod.ts";
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
const NODE = "null/node/edge-1";
const STATUS = "default/podstatus/a";
const NOT_FOUND = { ErrStatus: { reason: "NotFound", message: "no such" } };

function config(version: number, uid = "A") {
  return {
    ...object("ConfigMap", "c", version),
    metadata: {
      name: "c",
      uid,
      resourceVersion: String(version),
      creationTimestamp: `2026-01-0${version}T00:00:00Z`,
    },
  };
}

/** Asks the cloud again, whatever it vouched for. */
function ask(bench: OperationBench, message: Message) {
  bench.confirmed.clear();
  return only(bench.edged(message), "ask").request;
}

/** Operation, resource, uid and exception of what is handed over. */
function handed(outcome: ReturnType<OperationBench["cloud"]>) {
  return effects(outcome, "hand-over").map(({ message, except }) => [
    message.route.operation,
    message.route.resource,
    (message.content as { metadata: { uid: string } }).metadata.uid,
    except,
  ]);
}

Deno.test("takeIn, an answer tells all agents but the one that asked", async () => {
  await using bench = await OperationBench.open();
  const request = ask(bench, fromEdged("query", CONFIG));
  const answer = newResponse(TEST_STAMP, request.upstream, config(1));
  const outcome = bench.cloud(answer);
  assertEquals(handed(outcome), [["update", CONFIG, "A", "edged"]]);
  const { message, revision, answers } = only(outcome, "hand-over");
  assertEquals(message.header.parent_msg_id, undefined);
  assertEquals(revision, bench.store.get(CONFIG)?.revision);
  assertEquals(answers, undefined);
  const order = outcome.map(({ kind }) => kind);
  assertEquals(order.indexOf("settle") < order.indexOf("hand-over"), true);
});

Deno.test("takeIn, an answer that changes nothing tells nobody", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", CONFIG, config(1)));
  for (const version of [1, 2]) {
    const request = ask(bench, fromEdged("query", CONFIG));
    const content = { ...config(1), metadata: config(version).metadata };
    content.metadata.creationTimestamp = config(1).metadata.creationTimestamp;
    const answer = newResponse(TEST_STAMP, request.upstream, content);
    assertEquals(handed(bench.cloud(answer)), []);
  }
});

Deno.test("takeIn, an answer with another object ends the old one first", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", CONFIG, config(1, "A")));
  const request = ask(bench, fromEdged("query", CONFIG));
  const answer = newResponse(TEST_STAMP, request.upstream, config(2, "B"));
  assertEquals(handed(bench.cloud(answer)), [
    ["delete", CONFIG, "A", "edged"],
    ["update", CONFIG, "B", "edged"],
  ]);
});

Deno.test("takeIn, the pod in a patch's answer is told to all agents", async () => {
  await using bench = await OperationBench.open();
  const key = "default/pod/a";
  bench.cloud(fromCloud("insert", key, pod("a", 5)));
  const request = ask(bench, fromEdged("patch", "default/podpatch/a", "{}"));
  const patched = pod("a", 6, { status: { phase: "Running" } });
  const outcome = bench.cloud(
    newResponse(TEST_STAMP, request.upstream, { Object: patched, Err: null }),
  );
  assertEquals(handed(outcome), [["update", key, "uid-a", undefined]]);
  assertEquals(only(outcome, "hand-over").message.content, patched);
});

Deno.test("takeIn, the pod in an insert's answer is told to all agents", async () => {
  await using bench = await OperationBench.open();
  const key = "default/pod/mirror";
  const request = ask(bench, fromEdged("insert", key, pod("mirror", 0)));
  const content = { Object: pod("mirror", 6), Err: null };
  const answer = newResponse(TEST_STAMP, request.upstream, content);
  assertEquals(handed(bench.cloud(answer)), [
    ["update", key, "uid-mirror", undefined],
  ]);
});

Deno.test("takeIn, agents are not told of nodes and tokens", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", NODE, object("Node", "edge-1", 5)));
  const patch = ask(bench, fromEdged("patch", "null/nodepatch/edge-1", "{}"));
  const labelled = object("Node", "edge-1", 6, { spec: { x: 1 } });
  const node = bench.cloud(
    newResponse(TEST_STAMP, patch.upstream, { Object: labelled, Err: null }),
  );
  assertEquals(bench.store.get(NODE)?.version, "6");
  assertEquals(handed(node), []);
  const token = { metadata: {}, spec: { boundObjectRef: { uid: "A" } } };
  const resource = "default/serviceaccounttoken/default";
  const request = ask(bench, fromEdged("query", resource, token));
  const outcome = bench.cloud(
    newResponse(TEST_STAMP, request.upstream, { ...token, status: {} }),
  );
  assertEquals(bench.store.list("serviceaccounttoken").length, 1);
  assertEquals(handed(outcome), []);
});

Deno.test("takeIn, NotFound leaves what came after the question", async () => {
  await using bench = await OperationBench.open();
  const request = ask(bench, fromEdged("query", CONFIG));
  bench.cloud(fromCloud("insert", CONFIG, config(1)));
  const outcome = bench.cloud(
    newResponse(TEST_STAMP, request.upstream, NOT_FOUND),
  );
  only(outcome, "settle");
  assertEquals(handed(outcome), []);
  assertEquals(bench.store.get(CONFIG)?.version, "1");
});

Deno.test("takeIn, NotFound tells all agents but the one that asked", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", CONFIG, config(1)));
  const request = ask(bench, fromEdged("query", CONFIG));
  const outcome = bench.cloud(
    newResponse(TEST_STAMP, request.upstream, NOT_FOUND),
  );
  assertEquals(bench.store.get(CONFIG), undefined);
  assertEquals(handed(outcome), [["delete", CONFIG, "A", "edged"]]);
  assertEquals(
    only(outcome, "hand-over").revision,
    bench.store.tombstone(CONFIG)?.revision,
  );
});

Deno.test("takeIn, NotFound of a node removes it and tells nobody", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", NODE, object("Node", "edge-1", 5)));
  const request = ask(bench, fromEdged("query", NODE));
  const outcome = bench.cloud(
    newResponse(TEST_STAMP, request.upstream, NOT_FOUND),
  );
  assertEquals(bench.store.get(NODE), undefined);
  assertEquals(handed(outcome), []);
});

Deno.test("takeIn, NotFound as the answer to a write removes nothing", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", NODE, object("Node", "edge-1", 5)));
  const request = ask(bench, fromEdged("insert", NODE, {}));
  bench.cloud(newResponse(TEST_STAMP, request.upstream, NOT_FOUND));
  assertEquals(bench.store.get(NODE)?.version, "5");
});

Deno.test("response, the object in a confirmation is taken in and acked", async () => {
  await using bench = await OperationBench.open();
  const report = fromEdged("update", NODE, object("Node", "edge-1", 5));
  bench.edged(report);
  const answer = newResponse(TEST_STAMP, report, {
    Object: object("Node", "edge-1", 6, { spec: { x: 1 } }),
    Err: null,
  });
  const outcome = bench.cloud(answer);
  assertEquals(bench.store.outboxLength(), 0);
  assertEquals(bench.store.get(NODE)?.version, "6");
  const ack = only(outcome, "to-cloud").message;
  assertEquals([ack.content, ack.header.parent_msg_id], [
    "OK",
    answer.header.msg_id,
  ]);
});

Deno.test("response, a refused message of the outbox is neither stored nor acked", async () => {
  await using bench = await OperationBench.open();
  const report = fromEdged("update", STATUS, { UID: "u" });
  for (const build of [newResponse, newError]) {
    bench.edged({ ...report, content: { UID: "u", Name: build.name } });
    const outcome = bench.cloud(build(TEST_STAMP, report, NOT_FOUND));
    assertEquals(outcome.map(({ kind }) => kind), [
      "outbox-answered",
      "refused",
    ]);
  }
});

const FAULTY = {
  ...config(1),
  metadata: { name: "c", uid: "A", resourceVersion: "not a number" },
};

Deno.test("response, a faulty answer settles its request and is refused to the cloud", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", CONFIG, config(1)));
  const before = bench.store.get(CONFIG);
  const request = ask(bench, fromEdged("query", CONFIG));
  const answer = newResponse(TEST_STAMP, request.upstream, FAULTY);
  const outcome = bench.cloud(answer);
  assertEquals(only(outcome, "settle").message, answer);
  const { route, header, content } = only(outcome, "to-cloud").message;
  assertEquals(
    [route.operation, route.resource, header.parent_msg_id, content],
    [
      "response",
      CONFIG,
      answer.header.msg_id,
      "Resource version is not an unsigned 64-bit integer",
    ],
  );
  const { kind, resource, msgId } = only(outcome, "fault").fault;
  assertEquals([kind, resource, msgId], [
    "bad-content",
    CONFIG,
    answer.header.msg_id,
  ]);
  assertEquals(bench.store.get(CONFIG), before);
  assertEquals(effects(outcome, "hand-over"), []);
});

Deno.test("response, a faulty confirmation confirms all the same", async () => {
  await using bench = await OperationBench.open();
  const report = fromEdged("update", NODE, object("Node", "edge-1", 5));
  bench.edged(report);
  const outcome = bench.cloud(newResponse(TEST_STAMP, report, FAULTY));
  assertEquals(bench.store.outboxLength(), 0);
  only(outcome, "to-cloud");
  assertEquals(bench.store.get(NODE)?.version, "5");
});
