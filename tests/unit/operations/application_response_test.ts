import { assertEquals } from "@std/assert";
import {
  askForPods,
  pendingPodsRequest,
} from "../../../lib/operations/pod_list.ts";
import { newMessage } from "../../../lib/message/mod.ts";
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

function ask(bench: OperationBench): string {
  const { request } = only(
    bench.task((tx, context) => askForPods(tx, context, { force: true })),
    "ask",
  );
  return request.upstream.header.msg_id;
}

function list(parentId: string, items: unknown, more = {}) {
  const text = JSON.stringify({ kind: "PodList", metadata: {}, items });
  return newMessage(TEST_STAMP, {
    source: "dynamiccontroller",
    group: "resource",
    operation: "applicationResponse",
    resource: "ignore/Application/ignore",
    parentId,
    content: {
      Status: "Approved",
      RespBody: new TextEncoder().encode(text).toBase64(),
      ...more,
    },
  });
}

function insert(bench: OperationBench, name: string, version: number) {
  bench.cloud(
    fromCloud("insert", `default/pod/${name}`, pod(name, version)),
  );
}

const stored = (bench: OperationBench) =>
  bench.store.list("pod").map(({ key, version }) =>
    `${key.split("/")[2]} ${version}`
  );

const handed = (outcome: ReturnType<OperationBench["cloud"]>) =>
  effects(outcome, "hand-over").map(({ message }) =>
    `${message.route.operation} ${message.route.resource}`
  );

Deno.test("change_during_resync_is_kept, B6: a list is applied by version", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  insert(bench, "gone", 1);
  insert(bench, "old", 1);
  insert(bench, "newer-here", 1);
  insert(bench, "same", 3);
  insert(bench, "came-back", 4);
  bench.cloud(
    fromCloud("delete", "default/pod/came-back", pod("came-back", 4)),
  );
  bench.edged(
    fromEdged("update", "default/podstatus/gone", {
      UID: "uid-gone",
      Name: "gone",
      Status: {},
    }),
  );
  const id = ask(bench);
  // What comes between question and answer.
  insert(bench, "newer-here", 9);
  insert(bench, "came-meanwhile", 8);
  insert(bench, "went-meanwhile", 1);
  bench.cloud(
    fromCloud("delete", "default/pod/went-meanwhile", pod("went-meanwhile", 2)),
  );
  const outcome = bench.cloud(list(id, [
    pod("old", 5),
    pod("newer-here", 4),
    pod("same", 3),
    pod("missed", 6),
    pod("went-meanwhile", 1),
    pod("came-back", 4),
  ]));
  assertEquals(stored(bench), [
    "came-back 4",
    "came-meanwhile 8",
    "missed 6",
    "newer-here 9",
    "old 5",
    "same 3",
  ]);
  // Only versions differ of "old": agents have it already.
  assertEquals(handed(outcome), [
    "update default/pod/missed",
    "update default/pod/came-back",
    "delete default/pod/gone",
  ]);
  assertEquals(only(outcome, "pods-listed"), {
    kind: "pods-listed",
    outcome: "applied",
    reason: "",
  });
  assertEquals(bench.store.tombstone("default/pod/gone")?.uid, "uid-gone");
  assertEquals(bench.store.list("podstatus"), []);
  assertEquals(bench.store.outboxLength(), 0);
  assertEquals(effects(outcome, "to-cloud"), []);
});

Deno.test("applicationResponse, a status that waited for its pod may leave once the list brings it", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  bench.edged(
    fromEdged("update", "default/podstatus/a", {
      UID: "uid-a",
      Name: "a",
      Status: {},
    }),
  );
  const outcome = bench.cloud(list(ask(bench), [pod("a", 1)]));
  assertEquals(
    only(outcome, "status-released").resource,
    "default/podstatus/a",
  );
});

Deno.test("applicationResponse, a pod made again under its name: delete, then update", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  insert(bench, "a", 1);
  const id = ask(bench);
  const again = pod("a", 7, { uid: "other", created: "2026-02-01T00:00:00Z" });
  const outcome = bench.cloud(list(id, [again]));
  assertEquals(handed(outcome), [
    "delete default/pod/a",
    "update default/pod/a",
  ]);
  assertEquals(bench.store.get("default/pod/a")?.uid, "other");
});

Deno.test("applicationResponse, what is not a complete list of this node's pods deletes nothing", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  insert(bench, "a", 1);
  const strange: [unknown, unknown?][] = [
    [[], { Status: "Rejected", Error: { ErrStatus: { message: "no" } } }],
    [null],
    [[{}]],
    [[{ metadata: { name: "b" }, spec: {} }]],
    [[pod("", 1)]],
    [[pod("b", 1, { spec: { nodeName: "edge-2" } })]],
    [[pod("b", 1, { uid: "" })]],
    [[pod("b", "x")]],
  ];
  for (const [items, more] of strange) {
    const outcome = bench.cloud(list(ask(bench), items, more ?? {}));
    assertEquals(effects(outcome, "hand-over"), []);
    assertEquals(only(outcome, "pods-listed").reason !== "", true);
    assertEquals(stored(bench), ["a 1"]);
  }
});

Deno.test("applicationResponse, pods that others watch are left alone", async () => {
  await using bench = await OperationBench.open();
  const other = pod("theirs", 1, { spec: { nodeName: "edge-2" } });
  bench.cloud(fromCloud("insert", "default/pod/theirs", other));
  bench.task((tx) => {
    const row = tx.get("default/pod/theirs")!;
    tx.put({ ...row, key: "default/pod/damaged", value: "{" });
    return [];
  });
  bench.cloud(list(ask(bench), []));
  assertEquals(stored(bench), ["theirs 1"]);
});

Deno.test("applicationResponse, the first list after a loss puts pods in sync and leaves the telling to a replay", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  insert(bench, "a", 1);
  bench.store.recover();
  assertEquals(bench.store.isSynced("pod"), false);
  const outcome = bench.cloud(list(ask(bench), [pod("b", 2)]));
  assertEquals(handed(outcome), []);
  assertEquals(only(outcome, "pods-listed").outcome, "applied");
  only(outcome, "refilled");
  assertEquals(bench.store.isSynced("pod"), true);
  assertEquals(bench.store.isSynced("secret"), false);
  assertEquals(stored(bench), ["b 2"]);
});

Deno.test("applicationResponse, an answer that nobody waits for changes nothing", async () => {
  await using bench = await OperationBench.open();
  insert(bench, "a", 1);
  assertEquals(
    bench.cloud(list("unknown", [])).map(({ kind }) => kind),
    ["noted"],
  );
  assertEquals(stored(bench), ["a 1"]);
});

Deno.test("pod_never_sent_is_asked_for, C13: the list of pending pods adds by version and takes nothing away", async () => {
  await using bench = await OperationBench.open();
  bench.markSynced();
  insert(bench, "runs", 1);
  insert(bench, "same", 3);
  insert(bench, "went", 2);
  const id = askPending(bench);
  bench.cloud(fromCloud("delete", "default/pod/went", pod("went", 2)));
  const outcome = bench.cloud(
    list(id, [pod("same", 3), pod("missed", 6), pod("went", 2)]),
  );
  assertEquals(stored(bench), ["missed 6", "runs 1", "same 3"]);
  assertEquals(handed(outcome), ["update default/pod/missed"]);
  assertEquals(only(outcome, "settle").requestId, id);
  assertEquals(effects(outcome, "pods-listed"), []);
  assertEquals(effects(outcome, "to-cloud"), []);
});

/** Asks for pending pods. @returns The id of the question. */
function askPending(bench: OperationBench): string {
  const { request } = only(
    bench.task((tx, context) => [
      { kind: "ask", request: pendingPodsRequest(tx, context) },
    ]),
    "ask",
  );
  return request.upstream.header.msg_id;
}

Deno.test("applicationResponse, a list of pending pods that is refused or none changes nothing", async () => {
  await using bench = await OperationBench.open();
  for (
    const answer of [
      (id: string) => list(id, [], { Status: "Rejected", Reason: "no" }),
      (id: string) => list(id, "no list"),
    ]
  ) {
    const outcome = bench.cloud(answer(askPending(bench)));
    assertEquals(outcome.map(({ kind }) => kind), ["settle"]);
    assertEquals(stored(bench), []);
  }
});

Deno.test("applicationResponse, a pod that is not ours or cannot be read keeps no other pending one out", async () => {
  await using bench = await OperationBench.open();
  const items = [
    pod("other", 1, { spec: { nodeName: "edge-2" } }),
    { metadata: { name: "bare" }, spec: { nodeName: "edge-1" } },
    pod("ours", 2),
  ];
  const outcome = bench.cloud(list(askPending(bench), items));
  assertEquals(stored(bench), ["ours 2"]);
  assertEquals(effects(outcome, "noted").length, 2);
});

Deno.test("applicationResponse, what a pending pod names and lies here is asked for again", async () => {
  await using bench = await OperationBench.open();
  bench.cloud(
    fromCloud("insert", "default/configmap/c", object("ConfigMap", "c", 1)),
  );
  const volumes = [{ configMap: { name: "c" } }];
  const needy = pod("a", 1, { spec: { volumes } });
  const came = bench.cloud(list(askPending(bench), [needy]));
  assertEquals(effects(came, "pod-came").length, 1);
  const again = bench.cloud(list(askPending(bench), [needy]));
  assertEquals(effects(again, "pod-came").length, 0);
});
