import { assert, assertEquals } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";
import { errStatus, type Message } from "../../../lib/message/mod.ts";
import { fromCloud, fromEdged, object, pod } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const QUICK = { delayMs: 4000, intervalMs: 0 };
const HOURLY = { delayMs: 4000, intervalMs: 3_600_000 };

function needy(name: string, count: number, version = 1) {
  const volumes = Array.from({ length: count }, (_, i) => ({
    configMap: { name: `${name}-${i}` },
  }));
  return fromCloud(
    "insert",
    `default/pod/${name}`,
    pod(name, version, { spec: { volumes } }),
  );
}

/** The questions among what went to the cloud. */
function asked(bench: ProcessorBench): Message[] {
  return bench.cloud.take().filter(({ route }) =>
    route.operation === "query" || route.operation === "null"
  );
}

const names = (messages: readonly Message[]) =>
  messages.map(({ route }) => route.resource);

function configmap(name: string) {
  return fromCloud(
    "insert",
    `default/configmap/${name}`,
    object("ConfigMap", name, 1),
  );
}

function answer(question: Message, version = 1) {
  const { resource } = question.route;
  const name = resource.slice(resource.lastIndexOf("/") + 1);
  const data = { version: String(version) };
  return fromCloud(
    "response",
    resource,
    object("ConfigMap", name, version, { data }),
    { parentId: question.header.msg_id },
  );
}

function denial(question: Message) {
  return fromCloud(
    "response",
    question.route.resource,
    errStatus("NotFound", "not found"),
    { parentId: question.header.msg_id },
  );
}

/** Answers whatever is asked until nothing is. @returns What was asked. */
async function answerAll(bench: ProcessorBench, version = 1) {
  const all: string[] = [];
  for (;;) {
    const questions = asked(bench);
    if (questions.length === 0) return all;
    all.push(...names(questions));
    await bench.fromCloud(
      ...questions.filter(({ route }) => route.operation === "query")
        .map((q) => answer(q, version)),
    );
  }
}

async function started(reconcile = QUICK): Promise<ProcessorBench> {
  const bench = await ProcessorBench.start({ reconcile });
  // In sync from the start: no list is asked for.
  const batch = bench.store.batch();
  batch.message(() => batch.tx.markSynced("*"));
  batch.commit();
  return bench;
}

Deno.test("referenced_config_refreshed_after_reconnect, C9: what pods name is asked for after each connect", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.fromCloud(needy("a", 3));
  edged.take();
  assertEquals(bench.processor.reconciler.status.state, "not-synced");
  for (const version of [1, 2]) {
    await bench.connect();
    bench.cloud.take();
    await bench.clock.advance(1999);
    assertEquals(asked(bench), []);
    await bench.clock.advance(1);
    const { state, done, total } = bench.processor.reconciler.status;
    assertEquals([state, done, total], ["syncing", 0, 3]);
    assertEquals(await answerAll(bench, version), [
      "default/configmap/a-0",
      "default/configmap/a-1",
      "default/configmap/a-2",
    ]);
    assertEquals(bench.processor.reconciler.status.state, "synced");
    assertEquals(edged.take().map((m) => m.route.operation), [
      "update",
      "update",
      "update",
    ]);
    assertEquals(
      bench.store.get("default/configmap/a-0")?.version,
      String(version),
    );
    await bench.connect(false);
    assertEquals(bench.processor.reconciler.status.state, "not-synced");
    edged.take();
    bench.cloud.take();
  }
});

Deno.test("Reconciler, eight questions wait at a time, one while an agent asks", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.fromCloud(needy("a", 20));
  await bench.connect();
  await bench.clock.advance(2000);
  const first = asked(bench);
  assertEquals(first.length, 8);
  edged.send(fromEdged("query", "default/secret/urgent"));
  await bench.clock.settle();
  const [urgent] = asked(bench);
  assertEquals(urgent?.route.resource, "default/secret/urgent");
  await bench.fromCloud(...first.map((q) => answer(q)));
  assertEquals(asked(bench).length, 1);
  await bench.fromCloud(denial(urgent!));
  assertEquals(bench.processor.reconciler.status.done, 8);
});

Deno.test("Reconciler, what was confirmed since the connect is not asked for again", async () => {
  await using bench = await started();
  await bench.fromCloud(needy("a", 2));
  await bench.connect();
  await bench.fromCloud(
    fromCloud("update", "default/configmap/a-0", object("ConfigMap", "a-0", 1)),
  );
  await bench.clock.advance(2000);
  assertEquals(await answerAll(bench), ["default/configmap/a-1"]);
  // On demand it is.
  assertEquals(bench.processor.reconciler.now(), true);
  await bench.clock.settle();
  assertEquals((await answerAll(bench)).sort(), [
    "default/configmap/a-0",
    "default/configmap/a-1",
    "null",
  ]);
  // The list is not answered, and that is no failure.
  assertEquals(bench.processor.reconciler.status.state, "syncing");
  await bench.clock.advance(10_000);
  assertEquals(bench.processor.reconciler.status.state, "synced");
});

Deno.test("Reconciler, a disconnect ends the round, a new connect begins it anew", async () => {
  await using bench = await started();
  await bench.fromCloud(needy("a", 20));
  await bench.connect();
  await bench.clock.advance(2000);
  assertEquals(asked(bench).length, 8);
  await bench.connect(false);
  await bench.clock.advance(60_000);
  assertEquals(bench.processor.reconciler.status.reason, "");
  assertEquals(asked(bench), []);
  assertEquals(bench.processor.requestsWaiting, 0);
  assertEquals(bench.processor.reconciler.now(), false);
  await bench.connect();
  await bench.clock.advance(2000);
  assertEquals((await answerAll(bench)).length, 20);
  assertEquals(bench.processor.reconciler.status.state, "synced");
});

Deno.test("Reconciler, a cloud that does not answer is asked again later, not at once", async () => {
  await using bench = await started();
  await bench.fromCloud(needy("a", 20));
  await bench.connect();
  await bench.clock.advance(2000);
  assertEquals(asked(bench).length, 8);
  await bench.clock.advance(10_000);
  assertEquals(asked(bench), []);
  const { state, reason, done, total } = bench.processor.reconciler.status;
  assertEquals([state, done, total], ["not-synced", 20, 20]);
  assertEquals(reason, "the cloud did not answer 20 questions");
  await bench.clock.advance(59_000);
  assertEquals(asked(bench), []);
  await bench.clock.advance(2000);
  assertEquals((await answerAll(bench)).length, 20);
  assertEquals(bench.processor.reconciler.status.reason, "");
});

Deno.test("Reconciler, answers that the cloud cannot ask its API server put nothing in sync", async () => {
  await using bench = await started();
  await bench.fromCloud(needy("a", 2));
  await bench.connect();
  await bench.clock.advance(3_000);
  const answers = [{}, errStatus("ServiceUnavailable", "later")];
  for (const question of asked(bench)) {
    await bench.fromCloud(
      fromCloud("response", question.route.resource, answers.shift(), {
        parentId: question.header.msg_id,
      }),
    );
  }
  assertEquals(answers, []);
  const { state, reason } = bench.processor.reconciler.status;
  assertEquals(state, "not-synced");
  assertEquals(reason, "the cloud did not answer 2 questions");
  await bench.clock.advance(61_000);
  assertEquals(await answerAll(bench), [
    "default/configmap/a-0",
    "default/configmap/a-1",
  ]);
  assertEquals(bench.processor.reconciler.status.state, "synced");
});

Deno.test("Reconciler, what the cloud denies goes only when it denies it again", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.fromCloud(
    needy("a", 1),
    fromCloud("insert", "default/configmap/a-0", object("ConfigMap", "a-0", 1)),
  );
  edged.take();
  for (const denials of [1, 2]) {
    await bench.connect();
    await bench.clock.advance(2000);
    const [first] = asked(bench);
    await bench.fromCloud(denial(first!));
    assertEquals(bench.processor.reconciler.status.state, "syncing");
    assert(bench.store.get("default/configmap/a-0"));
    await bench.clock.advance(9999);
    assertEquals(asked(bench), []);
    await bench.clock.advance(1);
    const [second] = asked(bench);
    await bench.fromCloud(denials === 1 ? answer(second!) : denial(second!));
    assertEquals(bench.processor.reconciler.status.state, "synced");
    await bench.connect(false);
  }
  assertEquals(bench.store.get("default/configmap/a-0"), undefined);
  assertEquals(
    edged.take().map(({ route }) => `${route.operation} ${route.resource}`)
      .filter((told) => told.includes("configmap")),
    ["delete default/configmap/a-0"],
  );
});

Deno.test("Reconciler, what an answer names is asked for in the same round", async () => {
  await using bench = await started();
  const volumes = [{ persistentVolumeClaim: { claimName: "c" } }];
  await bench.fromCloud(
    fromCloud("insert", "default/pod/a", pod("a", 1, { spec: { volumes } })),
  );
  await bench.connect();
  await bench.clock.advance(2000);
  const [claim] = asked(bench);
  await bench.fromCloud(fromCloud(
    "response",
    claim!.route.resource,
    object("PersistentVolumeClaim", "c", 1, { spec: { volumeName: "pv" } }),
    { parentId: claim!.header.msg_id },
  ));
  assertEquals(await answerAll(bench), ["null/persistentvolume/pv"]);
});

Deno.test("Reconciler, asks for everything and the list on its timer, 0 is never", async () => {
  for (const intervalMs of [HOURLY.intervalMs, 0]) {
    await using bench = await started({ ...HOURLY, intervalMs });
    await bench.fromCloud(needy("a", 1));
    await bench.connect();
    await bench.clock.advance(2000);
    await answerAll(bench);
    await bench.clock.advance(3_600_000);
    assertEquals(
      await answerAll(bench),
      intervalMs ? ["null", "default/configmap/a-0"] : [],
    );
    await bench.clock.advance(10_000);
    assertEquals(bench.processor.reconciler.status.state, "synced");
  }
});

/** A list of these pods, for the question. */
function listed(question: Message, items: unknown[]): Message {
  assert(isRecord(question.content));
  const text = JSON.stringify({ kind: "PodList", metadata: {}, items });
  return fromCloud("applicationResponse", "ignore/Application/ignore", {
    ...question.content,
    Status: "Approved",
    RespBody: new TextEncoder().encode(text).toBase64(),
  }, { source: "dynamiccontroller", parentId: question.header.msg_id });
}

Deno.test("lost_store_rebuilds, C11: a list refills the store, and agents get everything anew", async () => {
  await using bench = await started();
  const edged = bench.agent();
  await bench.fromCloud(needy("lost", 1), needy("kept", 1));
  bench.store.recover();
  const batch = bench.store.batch();
  batch.message(() => batch.tx.drop("default/pod/lost"));
  batch.commit();
  await bench.connect();
  await bench.clock.advance(2000);
  edged.take();
  const [question, kept] = asked(bench);
  assertEquals(kept?.route.resource, "default/configmap/kept-0");
  await bench.fromCloud(listed(question!, [
    needy("lost", 1).content,
    needy("kept", 1).content,
  ]));
  const told = edged.take();
  assertEquals(told.map(({ route }) => route.resource), [
    "meta/replay",
    "default/pod/kept",
    "default/pod/lost",
    "meta/replay",
  ]);
  assertEquals((told[0]?.content as { full: boolean }).full, true);
  // What the refilled pods name is asked for in the same round.
  await bench.fromCloud(answer(kept!));
  assertEquals(await answerAll(bench), ["default/configmap/lost-0"]);
  assertEquals(bench.processor.reconciler.status.state, "synced");
  await bench.clock.advance(10_000);
  assertEquals(bench.store.isSynced("*"), true);
  assertEquals(bench.store.problems, []);
});

Deno.test("lost_store_rebuilds, C11: without a list health says what to do, until the Node is registered anew", async () => {
  await using bench = await started();
  const node = (uid: string, day: number) =>
    fromCloud("update", "null/node/edge-1", {
      ...object("Node", "edge-1", day),
      metadata: {
        name: "edge-1",
        uid,
        resourceVersion: String(day),
        creationTimestamp: `2026-01-0${day}T00:00:00Z`,
      },
    });
  const edged = bench.agent();
  await bench.fromCloud(needy("kept", 1), node("first", 1));
  bench.store.recover();
  await bench.connect();
  await bench.clock.advance(12_000);
  const { reconciler } = bench.processor;
  await answerAll(bench);
  assertEquals(reconciler.status.state, "not-synced");
  assert(reconciler.status.reason.includes("register it again"));
  edged.take();
  await bench.fromCloud(node("second", 2));
  await bench.clock.advance(60_000);
  assertEquals(bench.store.isSynced("*"), true);
  assertEquals(reconciler.status.state, "synced");
  assertEquals((edged.take()[0]?.content as { full: boolean }).full, true);
  assert(
    bench.cloud.take().some(({ route }) =>
      route.resource === "default/podstatus"
    ),
  );
});

Deno.test("Reconciler, a store rebuilt while connected begins a round at once", async () => {
  await using bench = await started();
  await bench.fromCloud(needy("a", 1));
  await bench.connect();
  await bench.clock.advance(2000);
  await answerAll(bench);
  assertEquals(bench.processor.reconciler.status.state, "synced");
  bench.store.recover();
  await bench.fromCloud(needy("b", 1));
  assertEquals(bench.processor.reconciler.status.state, "not-synced");
  await bench.clock.advance(2000);
  assertEquals((await answerAll(bench)).sort(), [
    "default/configmap/a-0",
    "default/configmap/b-0",
    "null",
  ]);
});

Deno.test("Reconciler, a store that fails in the middle is asked for later", async () => {
  let failing = false;
  await using bench = await ProcessorBench.start({
    reconcile: QUICK,
    wrap: (store) =>
      new Proxy(store, {
        get(target, name) {
          if (name === "batch" && failing) {
            return () => {
              throw new Error("disk I/O error");
            };
          }
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  });
  await bench.fromCloud(needy("a", 1));
  await bench.connect();
  failing = true;
  await bench.clock.advance(2000);
  assertEquals(bench.processor.reconciler.status.state, "not-synced");
  failing = false;
  await bench.clock.advance(10_000);
  assertEquals(asked(bench), []);
  await bench.clock.advance(60_000);
  assertEquals((await answerAll(bench)).length, 1);
});

Deno.test("Reconciler, no timer outlives the stop", async () => {
  const bench = await started(HOURLY);
  await bench.fromCloud(needy("a", 20));
  bench.store.recover();
  await bench.connect();
  await bench.clock.advance(12_000);
  await bench[Symbol.asyncDispose]();
  assertEquals(bench.clock.pending, 0);
});

Deno.test("a pod that names what lies here from before has it asked for again, once and soon", async () => {
  await using bench = await started(HOURLY);
  const edged = bench.agent();
  await bench.connect();
  await bench.clock.advance(HOURLY.delayMs);
  await answerAll(bench);
  // An answer that was stored, and whose ack never arrived: no subscription.
  edged.send(fromEdged("query", "default/configmap/a-0"));
  await bench.clock.settle();
  await answerAll(bench);
  await bench.connect(false);
  await bench.connect();
  await bench.clock.advance(HOURLY.delayMs);
  await answerAll(bench);
  await bench.fromCloud(needy("a", 1), needy("b", 1), needy("a", 1, 2));
  assertEquals(names(asked(bench)), []);
  await bench.clock.advance(HOURLY.delayMs);
  const [question, ...others] = asked(bench);
  assertEquals(question?.route.resource, "default/configmap/a-0");
  assertEquals(names(others), ["default/configmap/b-0"]);
  assert(question);
  await bench.fromCloud(denial(question), ...others.map((q) => answer(q)));
  await bench.clock.advance(10_000);
  await bench.fromCloud(...asked(bench).map(denial));
  assertEquals(bench.store.get("default/configmap/a-0"), undefined);
  await bench.fromCloud(needy("c", 0), needy("a", 1, 3));
  await bench.clock.advance(60_000);
  assertEquals(names(asked(bench)), [], "what names nothing, or is not new");
});

Deno.test("a round for a new pod does not put off the one that asks for everything", async () => {
  await using bench = await started(HOURLY);
  await bench.fromCloud(needy("a", 1));
  await bench.connect();
  await bench.clock.advance(HOURLY.delayMs);
  assertEquals(await answerAll(bench), ["default/configmap/a-0"]);
  const config = fromCloud(
    "insert",
    "default/configmap/b-0",
    object("ConfigMap", "b-0", 1),
  );
  await bench.clock.advance(HOURLY.intervalMs / 2);
  await bench.fromCloud(config, needy("b", 1));
  await bench.clock.advance(HOURLY.delayMs);
  assertEquals(await answerAll(bench), [], "the cloud has vouched for it");
  await bench.clock.advance(HOURLY.intervalMs * 0.6);
  const all = await answerAll(bench);
  assertEquals(all.includes("default/configmap/a-0"), true);
});

Deno.test("a round that asks for everything and fails is tried again as such, less and less often", async () => {
  await using bench = await started(HOURLY);
  await bench.fromCloud(needy("a", 1));
  await bench.connect();
  await bench.clock.advance(HOURLY.delayMs);
  await answerAll(bench);
  const askedAt: number[] = [];
  // The cloud is silent from here on.
  for (let s = 0; s < 4 * 3600; s += 10) {
    await bench.clock.advance(10_000);
    if (names(asked(bench)).includes("default/configmap/a-0")) askedAt.push(s);
    if (s === 2 * 3600) await bench.fromCloud(needy("b", 0), needy("a", 1, 2));
  }
  const [first = 0] = askedAt;
  assert(first > 0.8 * 3600, `${askedAt}`);
  assert(askedAt.length >= 3 && askedAt.length <= 12, `${askedAt}`);
});

Deno.test("a pod that comes late in a round has what it names asked for after it", async () => {
  await using bench = await started(HOURLY);
  const edged = bench.agent();
  await bench.fromCloud(needy("x", 1));
  await bench.connect();
  await bench.clock.advance(HOURLY.delayMs);
  await answerAll(bench);
  // Stored, and not vouched for on the next connection.
  edged.send(fromEdged("query", "default/configmap/late-0"));
  await bench.clock.settle();
  await answerAll(bench);
  await bench.connect(false);
  await bench.connect();
  await bench.clock.advance(HOURLY.delayMs);
  // What comes has the round plan anew, three times at most.
  for (let i = 0; i < 3; i++) {
    await bench.fromCloud(
      needy(`again-${i}`, 1),
      ...i === 2 ? [needy("late", 1)] : [],
      ...asked(bench).map((q) => answer(q)),
    );
  }
  const later = await answerAll(bench);
  await bench.clock.advance(HOURLY.delayMs + 1000);
  const all = [...later, ...await answerAll(bench)];
  assert(all.includes("default/configmap/late-0"), `${all}`);
});

Deno.test("a round that failed waits, whatever pods come", async () => {
  await using bench = await started(HOURLY);
  await bench.fromCloud(needy("a", 1), configmap("a-0"));
  await bench.connect();
  await bench.clock.advance(HOURLY.delayMs);
  assertEquals(names(asked(bench)), ["default/configmap/a-0"]);
  // The cloud is silent: the round ends after ten seconds.
  await bench.clock.advance(11_000);
  const volumes = [{ configMap: { name: "a-0" } }];
  const user = pod("user", 1, { spec: { volumes } });
  await bench.fromCloud(fromCloud("insert", "default/pod/user", user));
  await bench.clock.advance(HOURLY.delayMs);
  assertEquals(names(asked(bench)), []);
  await bench.clock.advance(90_000);
  assertEquals(names(asked(bench)), ["default/configmap/a-0"]);
});

Deno.test("a plan over many pods leaves messages their turn between its slices", async () => {
  await using bench = await started();
  await bench.fromCloud(
    ...Array.from({ length: 200 }, (_, i) => needy(`p${i}`, 0)),
    needy("z", 1),
  );
  await bench.connect();
  let [planningMs, isAsked] = [0, false];
  for (let ms = 0; ms < QUICK.delayMs && !isAsked; ms++) {
    await bench.clock.advance(1);
    isAsked = asked(bench).length > 0;
    if (bench.processor.reconciler.status.state === "syncing") planningMs++;
  }
  assert(isAsked);
  assert(planningMs > 4, `${planningMs} ms for four slices`);
});
