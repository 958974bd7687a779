import { assertEquals } from "@std/assert";
import type { PlanCursor, Question } from "../../../lib/operations/mod.ts";
import { errStatus } from "../../../lib/message/mod.ts";
import {
  askAnew,
  PLAN_START,
  planSlice,
} from "../../../lib/operations/reconcile.ts";
import { fromCloud, fromEdged, object, pod } from "../../support/messages.ts";
import {
  effects,
  only,
  OperationBench,
} from "../../support/operation_bench.ts";

/** A pod that names a configmap and a secret. */
function needy(name: string, config: string, more = {}) {
  return pod(name, 1, {
    spec: {
      volumes: [{ name: "v", configMap: { name: config } }],
      imagePullSecrets: [{ name: "pull" }],
      ...more,
    },
  });
}

function insert(bench: OperationBench, content: Record<string, unknown>) {
  const { kind, metadata } = content as {
    kind: string;
    metadata: { name: string };
  };
  const resource = `default/${kind.toLowerCase()}/${metadata.name}`;
  bench.cloud(fromCloud("insert", resource, content));
}

/** All slices of a plan. */
function plan(bench: OperationBench): { asked: string[]; slices: number } {
  const questions: Question[] = [];
  let slices = 0;
  for (let next: PlanCursor | undefined = PLAN_START; next;) {
    const cursor: PlanCursor = next;
    const slice = only(
      bench.task((tx, context) => planSlice(tx, context, cursor)),
      "planned",
    );
    questions.push(...slice.questions);
    next = slice.next;
    slices++;
  }
  return { asked: questions.map(({ resource }) => resource), slices };
}

Deno.test("planSlice, names what the node's own pods name", async () => {
  await using bench = await OperationBench.open();
  insert(bench, needy("a", "one"));
  insert(bench, needy("b", "two", { nodeName: "edge-2" }));
  insert(bench, pod("c", 1));
  assertEquals(plan(bench).asked, [
    "default/secret/pull",
    "default/configmap/one",
  ]);
});

Deno.test("planSlice, follows a claim to its volume", async () => {
  await using bench = await OperationBench.open();
  const volumes = [{ persistentVolumeClaim: { claimName: "c" } }];
  insert(bench, pod("a", 1, { spec: { volumes } }));
  const claim = "default/persistentvolumeclaim/c";
  assertEquals(plan(bench).asked, [claim]);
  insert(
    bench,
    object("PersistentVolumeClaim", "c", 1, { spec: { volumeName: "pv" } }),
  );
  assertEquals(plan(bench).asked, [claim, "null/persistentvolume/pv"]);
});

Deno.test("planSlice, reads 5,000 pods in slices", async () => {
  await using bench = await OperationBench.open();
  bench.task((tx) => {
    for (let i = 0; i < 5000; i++) {
      const name = `p${String(i).padStart(4, "0")}`;
      tx.put({
        key: `default/pod/${name}`,
        type: "pod",
        value: JSON.stringify(needy(name, `c${i}`)),
        uid: name,
        version: "1",
        created: "",
        source: "edgecontroller",
      });
    }
    return [];
  });
  const { asked, slices } = plan(bench);
  assertEquals(new Set(asked).size, 5001);
  assertEquals(slices >= 5000 / 64, true);
});

const TOKEN = (uid: string) => ({
  spec: {
    audiences: ["x"],
    expirationSeconds: 3600,
    boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "a", uid },
  },
});

/** Has a token stored for an agent; the API server fills in an audience. */
function storeToken(bench: OperationBench, uid: string): void {
  const resource = "default/serviceaccounttoken/default";
  const { request } = only(
    bench.edged(fromEdged("query", resource, TOKEN(uid))),
    "ask",
  );
  const { spec } = TOKEN(uid);
  const status = {
    token: "t",
    expirationTimestamp: new Date(bench.nowMs + 3_600_000).toISOString(),
  };
  bench.cloud(fromCloud("response", resource, {
    metadata: {},
    spec: { ...spec, audiences: ["x", "filled-in"] },
    status,
  }, { parentId: request.upstream.header.msg_id }));
  bench.requests.clear();
}

Deno.test("planSlice, tokens near their renewal whose pod is stored", async () => {
  await using bench = await OperationBench.open();
  insert(bench, pod("a", 1, { uid: "u" }));
  storeToken(bench, "u");
  storeToken(bench, "of-a-pod-before");
  const tokens = bench.store.list("serviceaccounttoken");
  assertEquals(tokens.length, 2);
  assertEquals(plan(bench).asked, []);
  bench.nowMs += 2_900_000;
  const slice = only(
    bench.task((tx, context) =>
      planSlice(tx, context, { type: "serviceaccounttoken", after: "" })
    ),
    "planned",
  );
  assertEquals(slice.questions.length, 1);
  // It is asked for as it was asked for first, so it lands under its key.
  const { request } = only(
    bench.task((tx, context) =>
      askAnew(tx, context, { questions: slice.questions, again: false })
    ),
    "ask",
  );
  assertEquals(request.storeKey, slice.questions[0]?.key);
  assertEquals(tokens.some(({ key }) => key === request.storeKey), true);
  const { content } = request.upstream;
  assertEquals((content as ReturnType<typeof TOKEN>).spec, TOKEN("u").spec);
});

Deno.test("token_row_kept_until_replaced, C2: a refresh that fails leaves the token", async () => {
  await using bench = await OperationBench.open();
  insert(bench, pod("a", 1, { uid: "u" }));
  storeToken(bench, "u");
  bench.nowMs += 2_900_000;
  const before = bench.store.list("serviceaccounttoken");
  const slice = only(
    bench.task((tx, context) =>
      planSlice(tx, context, { type: "serviceaccounttoken", after: "" })
    ),
    "planned",
  );
  const { request } = only(
    bench.task((tx, context) =>
      askAnew(tx, context, { questions: slice.questions, again: false })
    ),
    "ask",
  );
  // Refused once: it stays; the second time decides.
  const denied = (parentId: string) =>
    bench.cloud(fromCloud(
      "response",
      "default/serviceaccounttoken/default",
      errStatus("NotFound", "no account"),
      { parentId },
    ));
  const { question } = only(
    denied(request.upstream.header.msg_id),
    "missing",
  );
  assertEquals(question, slice.questions[0]);
  assertEquals(bench.store.list("serviceaccounttoken"), before);
  const again = only(
    bench.task((tx, context) =>
      askAnew(tx, context, { questions: [question], again: true })
    ),
    "ask",
  );
  denied(again.request.upstream.header.msg_id);
  assertEquals(bench.store.list("serviceaccounttoken"), []);
});

Deno.test("planSlice, asks for no type that is not asked in the cloud", async () => {
  await using bench = await OperationBench.open();
  insert(bench, needy("a", "one"));
  const slice = only(
    bench.task((tx, context) =>
      planSlice(
        tx,
        { ...context, remoteTypes: new Set(["secret"]) },
        PLAN_START,
      )
    ),
    "planned",
  );
  assertEquals(slice.questions.map(({ key }) => key), ["default/secret/pull"]);
});

Deno.test("planSlice, a name that no object can have is left out", async () => {
  await using bench = await OperationBench.open();
  insert(bench, needy("a", "one/two"));
  assertEquals(plan(bench).asked, ["default/secret/pull"]);
});

Deno.test("a damaged pod names nothing, and the others are asked for", async () => {
  await using bench = await OperationBench.open();
  insert(bench, needy("b", "one"));
  bench.task((tx) => {
    const row = tx.get("default/pod/b")!;
    tx.put({ ...row, key: "default/pod/a", value: "{" });
    return [];
  });
  assertEquals(plan(bench).asked.length, 2);
});

Deno.test("askAnew, an answer is stored, handed to every agent and acked", async () => {
  await using bench = await OperationBench.open();
  const resource = "default/configmap/one";
  const question = { key: resource, resource, content: null };
  const { request } = only(
    bench.task((tx, context) =>
      askAnew(tx, context, { questions: [question], again: false })
    ),
    "ask",
  );
  // Shared with an agent that asks for the same at the same time.
  const agent = only(bench.edged(fromEdged("query", resource)), "ask");
  assertEquals(request.shareKey, agent.request.shareKey);
  const outcome = bench.cloud(
    fromCloud("response", resource, object("ConfigMap", "one", 5), {
      parentId: request.upstream.header.msg_id,
    }),
  );
  assertEquals(effects(outcome, "to-cloud").length, 1);
  assertEquals(only(outcome, "hand-over").except, "metamanager");
  assertEquals(bench.store.get(resource)?.version, "5");
  bench.connected = false;
  assertEquals(
    bench.task((tx, context) =>
      askAnew(tx, context, { questions: [question], again: false })
    ),
    [],
  );
});

Deno.test("askAnew, what the cloud does not have and nobody stored is no matter", async () => {
  await using bench = await OperationBench.open();
  const resource = "default/configmap/optional";
  const question = { key: resource, resource, content: null };
  const { request } = only(
    bench.task((tx, context) =>
      askAnew(tx, context, { questions: [question], again: false })
    ),
    "ask",
  );
  const outcome = bench.cloud(
    fromCloud("response", resource, errStatus("NotFound", "not found"), {
      parentId: request.upstream.header.msg_id,
    }),
  );
  assertEquals(outcome.map(({ kind }) => kind), ["settle"]);
});
