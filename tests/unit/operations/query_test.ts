import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type ErrStatus,
  type Message,
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

function reasonOf(message: Message): string {
  const content = message.content as { ErrStatus?: { reason: string } };
  return content.ErrStatus?.reason ?? "";
}

Deno.test("query by key answers from the store as a list of one JSON text", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", "default/pod/a", pod("a", 1)));
  const query = fromEdged("query", "default/pod/a");
  const { to, message } = only(bench.edged(query), "reply");
  assertEquals(to, "edged");
  assertEquals(message.header.parent_msg_id, query.header.msg_id);
  assertEquals(message.route.operation, "response");
  assertEquals(message.route.source, "metamanager");
  const values = message.content as string[];
  assertEquals(values.map((value) => JSON.parse(value)), [pod("a", 1)]);
});

Deno.test("query by type lists all namespaces, as edged asks for them", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  for (const namespace of ["default", "prod", "test"]) {
    const content = pod("a", 1, { namespace, uid: namespace });
    bench.cloud(fromCloud("insert", `${namespace}/pod/a`, content));
  }
  const count = (resource: string) =>
    (only(bench.edged(fromEdged("query", resource)), "reply").message
      .content as string[]).length;
  assertEquals(count("default/pod"), 3);
  assertEquals(count("null/pod"), 3);
});

Deno.test("query by type under another namespace lists that one alone", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  for (const namespace of ["default", "prod", "prod-2"]) {
    const content = pod("a", 1, { namespace, uid: namespace });
    bench.cloud(fromCloud("insert", `${namespace}/pod/a`, content));
  }
  const reply = only(bench.edged(fromEdged("query", "prod/pod")), "reply");
  const names = (reply.message.content as string[]).map((value) =>
    JSON.parse(value).metadata.namespace
  );
  assertEquals(names, ["prod"]);
});

Deno.test("failed_read_is_never_empty: a list before the first sync is an error", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", "default/pod/a", pod("a", 1)));
  const { message } = only(
    bench.edged(fromEdged("query", "default/pod")),
    "reply",
  );
  assertEquals(message.route.operation, "error");
  assertEquals(reasonOf(message), "NotSynced");
});

Deno.test("an empty list after a sync is an empty list", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  const { message } = only(
    bench.edged(fromEdged("query", "default/pod")),
    "reply",
  );
  assertEquals(message.route.operation, "response");
  assertEquals(message.content, []);
});

Deno.test("unknown_object_answers_not_found, not reachable and not known yet apart", async () => {
  await using bench = await OperationBench.open();
  const ask = (resource: string) =>
    only(bench.edged(fromEdged("query", resource)), "reply").message;
  bench.connected = false;
  const unknown = ask("default/secret/s");
  assertEquals([unknown.route.operation, reasonOf(unknown)], [
    "error",
    "NotSynced",
  ]);
  bench.markSynced();
  const away = ask("default/secret/s");
  assertEquals([away.route.operation, reasonOf(away)], [
    "error",
    "ServiceUnavailable",
  ]);
  const missing = ask("default/pod/none");
  assertEquals([missing.route.operation, reasonOf(missing)], [
    "response",
    "NotFound",
  ]);
});

Deno.test("a remote type is asked for under an id of our own", async () => {
  await using bench = await OperationBench.open();
  const query = fromEdged("query", "default/configmap/c");
  const { request } = only(bench.edged(query), "ask");
  assertEquals(request.upstream.header.msg_id === query.header.msg_id, false);
  assertEquals(request.upstream.header.parent_msg_id, undefined);
  assertEquals(request.upstream.route, query.route);
  assertEquals(request.original, query);
  assertEquals(request.from, "edged");
});

Deno.test("equal questions have the same share key, others do not", async () => {
  await using bench = await OperationBench.open();
  const key = (resource: string, content: unknown = null) =>
    only(bench.edged(fromEdged("query", resource, content)), "ask").request
      .shareKey;
  assertEquals(key("default/configmap/c"), key("default/configmap/c"));
  const other = key("default/configmap/d");
  assertEquals(key("default/configmap/c") === other, false);
  const token = (uid: string) =>
    key("default/serviceaccounttoken/default", {
      spec: { boundObjectRef: { kind: "Pod", name: "a", uid } },
    });
  assertEquals(token("1") === token("2"), false);
});

for (
  const [operation, resource] of [
    ["insert", "default/pod/mirror"],
    ["patch", "default/podpatch/a"],
    ["update", "kube-node-lease/lease/edge-1"],
  ] as const
) {
  Deno.test(`${operation} ${resource} is carried out as often as it is asked`, async () => {
    await using bench = await OperationBench.open();
    const key = () =>
      only(bench.edged(fromEdged(operation, resource, { n: 1 })), "ask").request
        .shareKey;
    assertEquals(key() === key(), false);
  });
}

Deno.test("volumes are asked for under null, or CloudCore deletes them again", async () => {
  await using bench = await OperationBench.open();
  for (const type of ["persistentvolume", "volumeattachment"]) {
    const query = fromEdged("query", `default/${type}/v`);
    const { request } = only(bench.edged(query), "ask");
    assertEquals(request.upstream.route.resource, `null/${type}/v`);
    assertEquals(request.storeKey, `null/${type}/v`);
  }
  const node = fromEdged("query", "default/node/edge-1");
  const { request } = only(bench.edged(node), "ask");
  assertEquals(request.upstream.route.resource, "default/node/edge-1");
});

Deno.test("a row that the cloud vouched for since the connect is not asked for", async () => {
  await using bench = await OperationBench.open();
  const key = "default/configmap/c";
  bench.cloud(fromCloud("insert", key, object("ConfigMap", "c", 1)));
  only(bench.edged(fromEdged("query", key)), "reply");
  bench.confirmed.clear();
  only(bench.edged(fromEdged("query", key)), "ask");
});

Deno.test("offline_read_is_local_and_fast: nothing is asked while disconnected", async () => {
  await using bench = await OperationBench.open();
  const key = "default/configmap/c";
  bench.cloud(fromCloud("insert", key, object("ConfigMap", "c", 1)));
  bench.connected = false;
  bench.confirmed.clear();
  const outcome = bench.edged(fromEdged("query", key));
  assertEquals(effects(outcome, "ask"), []);
  assertEquals(only(outcome, "reply").message.route.operation, "response");
});

Deno.test("a lease is asked for while connected and an error at once while not", async () => {
  await using bench = await OperationBench.open();
  const query = fromEdged("query", "kube-node-lease/lease/edge-1");
  const { request } = only(bench.edged(query), "ask");
  assertEquals(request.storeKey, "");
  bench.connected = false;
  const { message } = only(bench.edged(query), "reply");
  assertEquals(message.route.operation, "error");
  assertEquals(reasonOf(message), "ServiceUnavailable");
});

Deno.test("bad_row_is_skipped_and_named, and never becomes an empty object", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  const batch = bench.store.batch();
  batch.message(() => {
    for (let i = 0; i < 10; i++) {
      const value = i < 3 ? `{"metadata":` : JSON.stringify(pod(`p${i}`, 1));
      const key = `default/pod/p${i}`;
      const rest = { uid: "", version: "", created: "", source: "x" };
      batch.tx.put({ key, type: "pod", value, ...rest });
    }
  });
  batch.commit();
  const outcome = bench.edged(fromEdged("query", "default/pod"));
  const noted = effects(outcome, "noted");
  assertEquals(noted.map((n) => [n.what, n.resource]), [
    ["damaged-row", "default/pod/p0"],
    ["damaged-row", "default/pod/p1"],
    ["damaged-row", "default/pod/p2"],
  ]);
  assertEquals((only(outcome, "reply").message.content as string[]).length, 7);
  const one = bench.edged(fromEdged("query", "default/pod/p0"));
  assertEquals(reasonOf(only(one, "reply").message), "InternalError");
});

/** Stores a value of so many bytes without a copy of it in a message. */
function putBig(bench: OperationBench, key: string, value: string) {
  const batch = bench.store.batch();
  const rest = { uid: "", version: "", created: "", source: "x" };
  batch.message(() => batch.tx.put({ key, type: "configmap", value, ...rest }));
  batch.commit();
}

Deno.test("answerFromStore, a list that no link takes is an error with a way out", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  const part = JSON.stringify({ data: "x".repeat(11 * 1024 * 1024) });
  for (const key of ["a/configmap/1", "a/configmap/2", "b/configmap/1"]) {
    putBig(bench, key, part);
  }
  const ask = (resource: string) =>
    only(bench.edged(fromEdged("query", resource)), "reply").message;
  const refused = ask("default/configmap");
  assertEquals(refused.route.operation, "error");
  const { ErrStatus } = refused.content as ErrStatus;
  assertEquals([ErrStatus.reason, ErrStatus.code], [
    "RequestEntityTooLarge",
    413,
  ]);
  assertStringIncludes(ErrStatus.message, "by name or one namespace at a time");
  assertEquals((ask("a/configmap").content as string[]).length, 2);
  bench.connected = false;
  assertEquals((ask("a/configmap/1").content as string[]).length, 1);
});

Deno.test("answerFromStore, an object that no link takes as an answer is an error", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  bench.connected = false;
  // Twice as long in the answer: each quote gets a backslash.
  putBig(bench, "a/configmap/1", `"${'\\"'.repeat(9 * 1024 * 1024)}"`);
  const { message } = only(
    bench.edged(fromEdged("query", "a/configmap/1")),
    "reply",
  );
  assertEquals(reasonOf(message), "RequestEntityTooLarge");
});

Deno.test("answerFromStore, a list is measured as it goes on the wire", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  // Half as long in the store: each quote gets a backslash in the answer.
  const quotes = `"${'\\"'.repeat(5 * 1024 * 1024)}"`;
  putBig(bench, "a/configmap/1", quotes);
  putBig(bench, "a/configmap/2", quotes);
  const { message } = only(
    bench.edged(fromEdged("query", "default/configmap")),
    "reply",
  );
  assertEquals(reasonOf(message), "RequestEntityTooLarge");
});

function tokenRequest(uid: string, expires?: string) {
  return {
    metadata: {},
    spec: {
      audiences: ["https://kubernetes.default.svc"],
      expirationSeconds: 3600,
      boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web-0", uid },
    },
    ...(expires
      ? { status: { token: `secret-${uid}`, expirationTimestamp: expires } }
      : {}),
  };
}

Deno.test("token_lookup_uses_full_key: pods never share a token", async () => {
  await using bench = await OperationBench.open();
  const resource = "prod/serviceaccounttoken/default";
  for (const uid of ["A", "B"]) {
    const query = fromEdged("query", resource, tokenRequest(uid));
    const { request } = only(bench.edged(query), "ask");
    const answer = tokenRequest(uid, "2026-06-01T01:00:00Z");
    const filled = {
      ...answer,
      spec: { ...answer.spec, audiences: ["filled-in"] },
    };
    bench.cloud(newResponse(TEST_STAMP, request.upstream, filled));
  }
  bench.connected = false;
  for (const uid of ["A", "B"]) {
    const query = fromEdged("query", resource, tokenRequest(uid));
    const { message } = only(bench.edged(query), "reply");
    const [value = ""] = message.content as string[];
    assertEquals(JSON.parse(value).status.token, `secret-${uid}`);
  }
  bench.markSynced();
  const other = fromEdged("query", resource, tokenRequest("C"));
  assertEquals(
    reasonOf(only(bench.edged(other), "reply").message),
    "ServiceUnavailable",
  );
});

Deno.test("token_row_kept_until_replaced: due it is asked for, offline it is served", async () => {
  await using bench = await OperationBench.open();
  const resource = "prod/serviceaccounttoken/default";
  const query = () =>
    bench.edged(fromEdged("query", resource, tokenRequest("A")));
  const { request } = only(query(), "ask");
  const answer = tokenRequest("A", "2026-06-01T01:00:00Z");
  bench.cloud(newResponse(TEST_STAMP, request.upstream, answer));
  only(query(), "reply");
  bench.nowMs = Date.parse("2026-06-01T00:50:00Z");
  only(query(), "ask");
  bench.connected = false;
  only(query(), "reply");
  bench.nowMs = Date.parse("2026-06-01T09:00:00Z");
  const { message } = only(query(), "reply");
  const [value = ""] = message.content as string[];
  assertEquals(
    JSON.parse(value).status.expirationTimestamp,
    "2026-06-01T01:00:00Z",
  );
});

Deno.test("pod_token_belongs_to_the_pod: it goes with it", async () => {
  await using bench = await OperationBench.open();
  const key = "prod/pod/web-0";
  const content = pod("web-0", 1, { namespace: "prod", uid: "A" });
  bench.cloud(fromCloud("insert", key, content));
  const resource = "prod/serviceaccounttoken/default";
  const query = fromEdged("query", resource, tokenRequest("A"));
  const { request } = only(bench.edged(query), "ask");
  const answer = tokenRequest("A", "2026-06-01T01:00:00Z");
  bench.cloud(newResponse(TEST_STAMP, request.upstream, answer));
  assertEquals(bench.store.list("serviceaccounttoken").length, 1);
  bench.cloud(fromCloud("delete", key, content));
  assertEquals(bench.store.list("serviceaccounttoken").length, 0);
});
