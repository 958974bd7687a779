import { assertEquals, assertThrows } from "@std/assert";
import { PermanentFault } from "../../../lib/message/mod.ts";
import { fromCloud, fromEdged, object, pod } from "../../support/messages.ts";
import {
  effects,
  only,
  OperationBench,
} from "../../support/operation_bench.ts";

const TOKEN = "default/serviceaccounttoken/default";

function tokenRequest(uid: string) {
  const boundObjectRef = { kind: "Pod", name: "web-0", uid };
  return { spec: { boundObjectRef } };
}

const KEY = "default/pod/web-0";

Deno.test("insert from the cloud stores, hands over and wants an answer", async () => {
  await using bench = await OperationBench.open();
  const message = fromCloud("insert", KEY, pod("web-0", 5));
  const outcome = bench.cloud(message);
  const row = bench.store.get(KEY);
  assertEquals(row?.version, "5");
  assertEquals(row?.uid, "uid-web-0");
  assertEquals(row?.type, "pod");
  assertEquals(JSON.parse(row?.value ?? ""), message.content);
  const handed = only(outcome, "hand-over");
  assertEquals(handed.message, message);
  assertEquals(handed.answers, message);
  assertEquals(handed.revision, row?.revision);
  assertEquals(effects(outcome, "to-cloud"), []);
});

Deno.test("update of an unknown key creates it: CloudCore's usual first message", async () => {
  await using bench = await OperationBench.open();
  const outcome = bench.cloud(fromCloud("update", KEY, pod("web-0", 5)));
  assertEquals(bench.store.get(KEY)?.version, "5");
  only(outcome, "hand-over");
});

Deno.test("insert_of_known_key_updates", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 5)));
  const newer = pod("web-0", 6, { labels: { v: "2" } });
  const outcome = bench.cloud(fromCloud("insert", KEY, newer));
  assertEquals(JSON.parse(bench.store.get(KEY)?.value ?? ""), newer);
  assertEquals(bench.store.list("pod").length, 1);
  only(outcome, "hand-over");
});

Deno.test("redelivery_changes_nothing", async () => {
  await using bench = await OperationBench.open();
  const message = fromCloud("insert", KEY, pod("web-0", 5));
  bench.cloud(message);
  const revision = bench.store.revision();
  for (let i = 0; i < 4; i++) {
    const outcome = bench.cloud(message);
    const { message: ack } = only(outcome, "to-cloud");
    assertEquals(ack.content, "OK");
    assertEquals(ack.header.parent_msg_id, message.header.msg_id);
    assertEquals(ack.route.source, "edgecontroller");
    assertEquals(effects(outcome, "hand-over"), []);
    assertEquals(only(outcome, "noted").what, "unchanged");
  }
  assertEquals(bench.store.revision(), revision);
});

Deno.test("older_version_never_overwrites", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("update", KEY, pod("web-0", "10")));
  const outcome = bench.cloud(
    fromCloud("update", KEY, pod("web-0", "9", { labels: { old: "1" } })),
  );
  assertEquals(only(outcome, "to-cloud").message.content, "OK");
  assertEquals(only(outcome, "noted").what, "stale");
  assertEquals(bench.store.get(KEY)?.version, "10");
});

Deno.test("versions are compared as numbers of 64 bits, not as text", async () => {
  await using bench = await OperationBench.open();
  const order = ["9", "10", "9007199254740993", "18446744073709551615"];
  for (const version of order) {
    bench.cloud(
      fromCloud("update", KEY, pod("web-0", version, { labels: { version } })),
    );
    assertEquals(bench.store.get(KEY)?.version, version);
  }
});

Deno.test("a version that is no uint64 is refused, not stored as 0", async () => {
  await using bench = await OperationBench.open();
  for (const version of ["x1", "-1", "1.5", "18446744073709551616", " 1"]) {
    assertThrows(
      () => bench.cloud(fromCloud("update", KEY, pod("web-0", version))),
      PermanentFault,
    );
  }
  assertEquals(bench.store.get(KEY), undefined);
});

Deno.test("unchanged_update_writes_nothing but raises the version", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("update", KEY, pod("web-0", 5)));
  const revision = bench.store.revision();
  const outcome = bench.cloud(fromCloud("update", KEY, pod("web-0", 6)));
  assertEquals(only(outcome, "noted").what, "raised");
  assertEquals(effects(outcome, "hand-over"), []);
  only(outcome, "to-cloud");
  assertEquals(bench.store.get(KEY)?.version, "6");
  assertEquals(bench.store.revision(), revision);
  const late = bench.cloud(
    fromCloud("update", KEY, pod("web-0", 5, { labels: { a: "b" } })),
  );
  assertEquals(only(late, "noted").what, "stale");
});

Deno.test("delta ignores resourceVersion, generation and managedFields only", async () => {
  await using bench = await OperationBench.open();
  const base = pod("web-0", 5);
  bench.cloud(fromCloud("update", KEY, base));
  const metadata = base.metadata as Record<string, unknown>;
  const volatile = {
    ...base,
    metadata: {
      ...metadata,
      resourceVersion: "6",
      generation: 7,
      managedFields: [{ manager: "x" }],
    },
  };
  const same = bench.cloud(fromCloud("update", KEY, volatile));
  assertEquals(only(same, "noted").what, "raised");
  const labelled = {
    ...base,
    metadata: { ...metadata, resourceVersion: "7", finalizers: ["x"] },
  };
  only(bench.cloud(fromCloud("update", KEY, labelled)), "hand-over");
});

Deno.test("a Node's heartbeat times are no change, its other conditions are", async () => {
  await using bench = await OperationBench.open();
  const key = "null/node/edge-1";
  const node = (version: number, beat: string, ready: string) =>
    fromCloud("update", key, {
      ...object("Node", "edge-1", version),
      status: {
        conditions: [
          { type: "Ready", status: ready, lastHeartbeatTime: beat },
        ],
      },
    });
  bench.cloud(node(1, "2026-01-01T00:00:00Z", "True"));
  const revision = bench.store.revision();
  const beat = bench.cloud(node(2, "2026-01-01T00:00:10Z", "True"));
  assertEquals(only(beat, "noted").what, "raised");
  assertEquals(bench.store.revision(), revision);
  bench.cloud(node(3, "2026-01-01T00:00:20Z", "False"));
  assertEquals(bench.store.revision(), revision + 1);
});

Deno.test("a repair without kind and apiVersion keeps the stored ones", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("update", KEY, pod("web-0", 5)));
  const { kind: _, apiVersion: __, ...stub } = pod("web-0", 6, {
    status: { phase: "Running" },
  });
  const outcome = bench.cloud(fromCloud("update", KEY, stub));
  const stored = JSON.parse(bench.store.get(KEY)?.value ?? "");
  assertEquals([stored.kind, stored.apiVersion], ["Pod", "v1"]);
  const handed = only(outcome, "hand-over").message.content as {
    kind?: string;
  };
  assertEquals(handed.kind, "Pod");
});

Deno.test("a first message without kind takes it from the resource type", async () => {
  await using bench = await OperationBench.open();
  const { kind: _, apiVersion: __, ...stub } = pod("web-0", 6);
  bench.cloud(fromCloud("update", KEY, stub));
  const stored = JSON.parse(bench.store.get(KEY)?.value ?? "");
  assertEquals([stored.kind, stored.apiVersion], ["Pod", "v1"]);
});

Deno.test("recreated_object_replaces_old: delete of the old, then the new", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 5, { uid: "A" })));
  const created = "2026-02-01T00:00:00Z";
  const again = pod("web-0", 9, { uid: "B", created });
  const outcome = bench.cloud(fromCloud("update", KEY, again));
  const handed = effects(outcome, "hand-over");
  assertEquals(handed.map((h) => h.message.route.operation), [
    "delete",
    "update",
  ]);
  const gone = handed[0]?.message.content as { metadata: { uid: string } };
  assertEquals(gone.metadata.uid, "A");
  assertEquals(handed[0]?.answers, undefined);
  const [first, second] = handed;
  assertEquals((first?.revision ?? 0) < (second?.revision ?? 0), true);
  const late = bench.cloud(
    fromCloud("delete", KEY, { metadata: { name: "web-0", uid: "A" } }),
  );
  assertEquals(only(late, "to-cloud").message.content, "OK");
  assertEquals(bench.store.get(KEY)?.uid, "B");
});

Deno.test("an older object of the same name never replaces the newer one", async () => {
  await using bench = await OperationBench.open();
  const created = "2026-02-01T00:00:00Z";
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 9, { uid: "B", created })));
  const outcome = bench.cloud(
    fromCloud("update", KEY, pod("web-0", 99, { uid: "A" })),
  );
  assertEquals(only(outcome, "noted").what, "stale");
  assertEquals(bench.store.get(KEY)?.uid, "B");
});

Deno.test("objects created in the same second are told apart by version", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 9, { uid: "B" })));
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 8, { uid: "A" })));
  assertEquals(bench.store.get(KEY)?.uid, "B");
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 10, { uid: "C" })));
  assertEquals(bench.store.get(KEY)?.uid, "C");
});

Deno.test("without a version the message wins", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("update", KEY, pod("web-0", 5)));
  const plain = {
    metadata: { name: "web-0", uid: "uid-web-0" },
    spec: { x: 1 },
  };
  only(bench.cloud(fromCloud("update", KEY, plain)), "hand-over");
  const row = bench.store.get(KEY);
  assertEquals(JSON.parse(row?.value ?? "").spec, { x: 1 });
  assertEquals(row?.version, "5");
});

Deno.test("delete removes the row, leaves a tombstone and is handed over", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 5)));
  const message = fromCloud("delete", KEY, pod("web-0", 7));
  const outcome = bench.cloud(message);
  assertEquals(bench.store.get(KEY), undefined);
  const tombstone = bench.store.tombstone(KEY);
  assertEquals([tombstone?.uid, tombstone?.version], ["uid-web-0", "7"]);
  const handed = only(outcome, "hand-over");
  assertEquals(handed.message, message);
  assertEquals(handed.revision, tombstone?.revision);
});

Deno.test("delete_converges_by_key: a stub is enough, and nothing there is acked", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 5)));
  const stub = { metadata: { name: "web-0", namespace: "default" } };
  only(bench.cloud(fromCloud("delete", KEY, stub)), "hand-over");
  assertEquals(bench.store.get(KEY), undefined);
  const again = bench.cloud(fromCloud("delete", KEY, stub));
  assertEquals(only(again, "to-cloud").message.content, "OK");
  assertEquals(effects(again, "hand-over"), []);
});

Deno.test("a deleted object does not come back with a late update", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 5)));
  bench.cloud(fromCloud("delete", KEY, pod("web-0", 8)));
  const late = bench.cloud(
    fromCloud("update", KEY, pod("web-0", 7, { labels: { a: "1" } })),
  );
  assertEquals(only(late, "noted").what, "stale");
  assertEquals(bench.store.get(KEY), undefined);
});

Deno.test("a late update of an object deleted before another of its name stays dead", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 5, { uid: "A" })));
  bench.cloud(fromCloud("delete", KEY, pod("web-0", 6, { uid: "A" })));
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 8, { uid: "B" })));
  bench.cloud(fromCloud("delete", KEY, pod("web-0", 9, { uid: "B" })));
  bench.cloud(fromCloud("update", KEY, pod("web-0", 5, { uid: "A" })));
  assertEquals(bench.store.get(KEY), undefined);
});

Deno.test("deleting a pod takes its status, its tokens and its reports along", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 5)));
  const status = { UID: "uid-web-0", Name: "web-0", Status: {} };
  bench.edged(
    fromEdged("update", "default/podstatus/web-0", status),
  );
  assertEquals(bench.store.outboxLength(), 1);
  bench.cloud(fromCloud("delete", KEY, pod("web-0", 7)));
  assertEquals(bench.store.get("default/podstatus/web-0"), undefined);
  assertEquals(bench.store.outboxLength(), 0);
});

Deno.test("recreated_object_replaces_old: the old pod's status, tokens and reports go with it", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 5, { uid: "A" })));
  // Sent later it would make CloudCore delete the new pod by its name.
  bench.edged(
    fromEdged("update", "default/podstatus/web-0", {
      UID: "A",
      Name: "web-0",
      Status: {},
    }),
  );
  const asked = bench.edged(fromEdged("query", TOKEN, tokenRequest("A")));
  bench.cloud(
    fromCloud("response", TOKEN, { kind: "TokenRequest", metadata: {} }, {
      parentId: only(asked, "ask").request.upstream.header.msg_id,
    }),
  );
  assertEquals(bench.store.list("serviceaccounttoken").length, 1);
  bench.cloud(fromCloud("update", KEY, pod("web-0", 8, { uid: "B" })));
  assertEquals(bench.store.get(KEY)?.uid, "B");
  assertEquals(bench.store.get("default/podstatus/web-0"), undefined);
  assertEquals(bench.store.outboxLength(), 0);
  assertEquals(bench.store.list("serviceaccounttoken"), []);
});

/** CloudCore's answer to the status of a pod that it does not have. */
const GHOST = fromCloud("delete", "default/pod/web-0", {
  metadata: { name: "web-0", namespace: "default", creationTimestamp: null },
  spec: { containers: null },
  status: {},
});

Deno.test("recreated_object_replaces_old: a delete that names no object spares the one that has just come", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 5, { uid: "A" })));
  bench.cloud(fromCloud("update", KEY, pod("web-0", 8, { uid: "B" })));
  // A clock that is set right says nothing about how long ago that was.
  bench.nowMs += 56 * 365 * 24 * 3600 * 1000;
  // The status of A that was on its way met B in the cloud.
  const outcome = bench.cloud(GHOST);
  assertEquals(only(outcome, "to-cloud").message.content, "OK");
  assertEquals(effects(outcome, "hand-over"), []);
  assertEquals(bench.store.get(KEY)?.uid, "B");
  // A ghost is reported again, and deleted then.
  bench.clock.extraMs += 6 * 60_000;
  only(bench.cloud(GHOST), "hand-over");
  assertEquals(bench.store.get(KEY), undefined);
});

Deno.test("delete_converges_by_key: agents are told which object went", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(fromCloud("insert", KEY, pod("web-0", 5, { uid: "A" })));
  const told = only(bench.cloud(GHOST), "hand-over");
  assertEquals(told.message.header.msg_id, GHOST.header.msg_id);
  const { metadata } = told.message.content as {
    metadata: Record<string, unknown>;
  };
  assertEquals([metadata.name, metadata.uid], ["web-0", "A"]);
  assertEquals(told.answers, GHOST);
  assertEquals(bench.store.get(KEY), undefined);
});

Deno.test("one_key_per_object: both spellings of a node are one row", async () => {
  await using bench = await OperationBench.open();
  const node = object("Node", "edge-1", 3);
  bench.cloud(fromCloud("update", "default/node/edge-1", node));
  bench.cloud(fromCloud("update", "null/node/edge-1", node));
  assertEquals(bench.store.list("node").map((row) => row.key), [
    "null/node/edge-1",
  ]);
});

Deno.test("a volume deleted under a namespace stays: SyncController's mistake", async () => {
  await using bench = await OperationBench.open();
  const volume = object("PersistentVolume", "pv1", 3);
  bench.cloud(fromCloud("update", "null/persistentvolume/pv1", volume));
  const outcome = bench.cloud(
    fromCloud("delete", "default/persistentvolume/pv1", {
      metadata: { name: "pv1", namespace: "default", uid: "uid-pv1" },
    }),
  );
  assertEquals(only(outcome, "to-cloud").message.content, "OK");
  assertEquals(bench.store.get("null/persistentvolume/pv1")?.version, "3");
  bench.cloud(fromCloud("delete", "null/persistentvolume/pv1", volume));
  assertEquals(bench.store.get("null/persistentvolume/pv1"), undefined);
});

for (
  const [what, resource, source] of [
    ["a Node", "null/node/edge-1", "edgecontroller"],
    ["an access rule", "prod/serviceaccountaccess/a", "policycontroller"],
    ["a device", "default/device/d1", "devicecontroller"],
    ["a watched object", "default/endpointslice/e", "dynamiccontroller"],
    ["an object of a stranger", "default/configmap/c", "somebody"],
  ] as const
) {
  Deno.test(`${what} is stored and acked but not handed over`, async () => {
    await using bench = await OperationBench.open();
    const name = resource.split("/")[2] ?? "";
    const content = object("Thing", name, 4);
    const outcome = bench.cloud(
      fromCloud("insert", resource, content, { source }),
    );
    assertEquals(bench.store.get(resource)?.version, "4");
    assertEquals(only(outcome, "to-cloud").message.content, "OK");
    assertEquals(effects(outcome, "hand-over"), []);
    const gone = bench.cloud(
      fromCloud("delete", resource, content, { source }),
    );
    assertEquals(effects(gone, "hand-over"), []);
    assertEquals(bench.store.get(resource), undefined);
  });
}

Deno.test("watched_object_is_not_desired_state: only this node's pods are handed over", async () => {
  await using bench = await OperationBench.open();
  const source = "dynamiccontroller";
  const foreign = pod("a", 1, { spec: { nodeName: "edge-2" } });
  const own = pod("b", 2, { spec: { nodeName: "edge-1" } });
  const first = bench.cloud(
    fromCloud("insert", "default/pod/a", foreign, { source }),
  );
  assertEquals(effects(first, "hand-over"), []);
  only(first, "to-cloud");
  const second = bench.cloud(
    fromCloud("insert", "default/pod/b", own, { source }),
  );
  only(second, "hand-over");
});

Deno.test("content without an object is refused where an object is wanted", async () => {
  await using bench = await OperationBench.open();
  assertThrows(
    () => bench.cloud(fromCloud("insert", KEY, null)),
    PermanentFault,
    "empty",
  );
  const badUid = { metadata: { name: "web-0", uid: 5 } };
  assertThrows(
    () => bench.cloud(fromCloud("insert", KEY, badUid)),
    PermanentFault,
    "metadata.uid",
  );
});

Deno.test("a text that holds JSON which no peer could send is refused, not replayed as an object", async () => {
  await using bench = await OperationBench.open();
  for (
    const [text, kind] of [
      ['{"data":{"a":"\\ud800"}}', "lone-surrogate"],
      ['{"__proto__":{"a":1}}', "unsafe-key"],
      ['{"size":1e999}', "bad-content"],
      // As content it is a level below the message.
      [`${"[".repeat(128)}${"]".repeat(128)}`, "too-deep"],
    ] as const
  ) {
    const error = assertThrows(
      () => bench.cloud(fromCloud("insert", "default/secret/s", text)),
      PermanentFault,
    );
    assertEquals(error.kind, kind);
  }
  // What is no JSON, or harmless, is kept as it came.
  const deep = `${"[".repeat(127)}${"]".repeat(127)}`;
  for (const text of ["-----BEGIN", '{"a":1}', "\\ud800", deep]) {
    bench.cloud(fromCloud("update", "default/configmap/c", text));
    assertEquals(bench.store.get("default/configmap/c")?.value, text);
  }
});
