import { assert, assertEquals } from "@std/assert";
import {
  type Message,
  newResponse,
  PermanentFault,
} from "../../../lib/message/mod.ts";
import {
  BatchLostError,
  type BatchOptions,
  type SqliteStore,
  type Store,
  StoreError,
} from "../../../lib/store/mod.ts";
import { LIMITS } from "../../../lib/base/mod.ts";
import {
  fromCloud,
  fromEdged,
  object,
  pod,
  TEST_STAMP,
} from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const insert = (name: string, version = 1) =>
  fromCloud("insert", `default/pod/${name}`, pod(name, version));

/** Parent ids and contents of answers. */
const answers = (messages: readonly Message[]) =>
  messages.map((m) => [m.header.parent_msg_id, m.route.operation, m.content]);

/** A store whose COMMIT fails while `failing` says so. */
function failingCommit(store: SqliteStore, failing: () => boolean): Store {
  return wrapBatch(store, (batch) => ({
    commit: () => {
      if (failing()) {
        throw new StoreError("io", "COMMIT failed: disk I/O error");
      }
      batch.commit();
    },
  }));
}

function wrapBatch(
  store: SqliteStore,
  change: (
    batch: ReturnType<Store["batch"]>,
    options: BatchOptions,
  ) => Partial<ReturnType<Store["batch"]>>,
): Store {
  return new Proxy(store as Store, {
    get(target, name) {
      if (name === "batch") {
        return (options: BatchOptions) => {
          const batch = store.batch(options);
          return {
            tx: batch.tx,
            message: <T>(run: () => T) => batch.message(run),
            commit: () => batch.commit(),
            rollback: () => batch.rollback(),
            ...change(batch, options),
          };
        };
      }
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

Deno.test("ack_only_after_commit: no outcome leaves before COMMIT returned", async () => {
  const seen: number[] = [];
  await using bench = await ProcessorBench.start({
    wrap: (store) =>
      wrapBatch(store, (batch) => ({
        commit: () => {
          seen.push(bench.cloud.messages.length);
          batch.commit();
        },
      })),
  });
  const messages = [insert("a"), insert("b"), insert("c")];
  await bench.fromCloud(...messages);
  assertEquals(seen, [0]);
  assertEquals(
    answers(bench.cloud.take()),
    messages.map((m) => [m.header.msg_id, "response", "OK"]),
  );
});

Deno.test("a failed COMMIT acknowledges nothing of its batch, and it recovers", async () => {
  let failing = true;
  const told: string[] = [];
  await using bench = await ProcessorBench.start({
    wrap: (store) => failingCommit(store, () => failing),
    observer: {
      failed: (error) => told.push((error as StoreError).kind),
      recovered: () => told.push("recovered"),
    },
  });
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  const messages = [insert("a"), insert("b")];
  await bench.fromCloud(...messages);
  assertEquals(
    bench.cloud.take().map((m) => [m.header.parent_msg_id, m.route.operation]),
    messages.map((m) => [m.header.msg_id, "error"]),
  );
  assertEquals(edged.take(), []);
  assertEquals(bench.store.get("default/pod/a"), undefined);
  failing = false;
  await bench.fromCloud(...messages);
  assertEquals(answers(bench.cloud.take()).map((a) => a[1]), [
    "response",
    "response",
  ]);
  assertEquals(edged.take().length, 2);
  assertEquals(told, ["io", "recovered"]);
});

Deno.test("full_disk_recovers: a question beside what cannot be stored is answered", async () => {
  let failing = false;
  await using bench = await ProcessorBench.start({
    wrap: (store) =>
      wrapBatch(store, (batch) => {
        let writes = 0;
        return {
          message: (run) => {
            const before = store.outboxUse().rows;
            const result = batch.message(run);
            if (store.outboxUse().rows !== before) writes++;
            return result;
          },
          commit: () => {
            if (failing && writes > 0) {
              throw new StoreError("full", "disk full");
            }
            batch.commit();
          },
        };
      }),
  });
  const edged = bench.agent();
  await bench.fromCloud(insert("a"));
  edged.take();
  failing = true;
  const question = fromEdged("query", "default/pod/a");
  const report = fromEdged("update", "default/podstatus/a", {
    UID: "uid-a",
    Name: "a",
    Status: {},
  });
  edged.send(report);
  edged.send(question);
  await bench.clock.settle();
  assertEquals(
    edged.take().map((m) => [m.header.parent_msg_id, m.route.operation]),
    [
      [report.header.msg_id, "error"],
      [question.header.msg_id, "response"],
    ],
  );
});

Deno.test("change_during_resync_is_kept, B6: what was stored though its COMMIT counts as failed reaches agents and cloud once the store works", async () => {
  let failing = false;
  await using bench = await ProcessorBench.start({
    wrap: (store) =>
      wrapBatch(store, (batch) => ({
        commit: () => {
          batch.commit();
          // As when the files may not be looked at any more.
          if (failing) throw new StoreError("io", "stat failed");
        },
      })),
  });
  await bench.connect();
  const edged = bench.agent();
  await bench.fromCloud(insert("gone"), insert("old"));
  bench.cloud.take();
  edged.take();
  failing = true;
  const gone = fromCloud("delete", "default/pod/gone", pod("gone", 2));
  const report = fromEdged("update", "default/podstatus/old", {
    UID: "uid-old",
    Name: "old",
    Status: {},
  });
  await bench.fromCloud(insert("new"), gone);
  edged.send(report);
  await bench.clock.settle();
  assertEquals(
    bench.cloud.take().map((m) => m.route.operation),
    ["error", "error"],
  );
  assertEquals(edged.take().map((m) => m.route.operation), ["error"]);
  failing = false;
  // The cloud repeats, which changes nothing any more.
  await bench.fromCloud(insert("new"), gone);
  await bench.clock.advance(1000);
  const told = edged.take().map(({ route }) =>
    `${route.operation} ${route.resource}`
  );
  assert(told.includes("update default/pod/new"), told.join());
  assert(told.includes("delete default/pod/gone"), told.join());
  const sent = bench.cloud.take().map(({ route }) => route.resource);
  assert(sent.includes("default/podstatus/old"), sent.join());
});

Deno.test("a message that fails alone fails alone", async () => {
  await using bench = await ProcessorBench.start();
  const bad = fromCloud(
    "insert",
    "default/pod/bad",
    pod("bad", "not-a-number"),
  );
  const [a, b] = [insert("a"), insert("b")];
  await bench.fromCloud(a, bad, b);
  const [first, second, third] = bench.cloud.take();
  assertEquals(first?.content, "OK");
  assertEquals(second?.header.parent_msg_id, bad.header.msg_id);
  assertEquals(second?.route.operation, "response");
  assertEquals(
    second?.content,
    "Resource version is not an unsigned 64-bit integer",
  );
  assertEquals(third?.content, "OK");
  assertEquals(bench.store.get("default/pod/bad"), undefined);
  assertEquals(bench.store.list("pod").length, 2);
});

Deno.test("a store that fails single messages has recovered once it stored something again", async () => {
  let failing = true;
  const told: string[] = [];
  await using bench = await ProcessorBench.start({
    wrap: (store) =>
      wrapBatch(store, (batch) => ({
        message: <T>(run: () => T) =>
          batch.message(() => {
            const before = batch.tx.revision();
            const result = run();
            if (failing && batch.tx.revision() !== before) {
              throw new StoreError("full", "database or disk is full");
            }
            return result;
          }),
      })),
    observer: {
      failed: () => told.push("failed"),
      recovered: () => told.push("recovered"),
    },
  });
  const edged = bench.agent();
  await bench.fromCloud(insert("a"));
  assertEquals(told, ["failed"]);
  // Questions are answered, but that says nothing of the disk.
  edged.send(fromEdged("query", "default/pod/a"));
  await bench.clock.settle();
  assertEquals(told, ["failed"]);
  await bench.fromCloud(insert("a"));
  assertEquals(told, ["failed", "failed"]);
  failing = false;
  await bench.fromCloud(insert("a"));
  assertEquals(told, ["failed", "failed", "recovered"]);
  await bench.fromCloud(insert("b"));
  assertEquals(told.length, 3);
});

Deno.test("a store failure of one message undoes that one and answers error", async () => {
  await using bench = await ProcessorBench.start({
    wrap: (store) =>
      wrapBatch(store, (batch) => ({
        message: <T>(run: () => T) =>
          batch.message(() => {
            const result = run();
            if (batch.tx.get("default/pod/b")?.revision === 2) {
              throw new StoreError("io", "disk I/O error");
            }
            return result;
          }),
      })),
  });
  const messages = [insert("a"), insert("b"), insert("c")];
  await bench.fromCloud(...messages);
  assertEquals(bench.cloud.take().map((m) => m.route.operation), [
    "response",
    "error",
    "response",
  ]);
  assertEquals(bench.store.list("pod").map((row) => row.key), [
    "default/pod/a",
    "default/pod/c",
  ]);
});

Deno.test("a message that fails after it wrote has its batch run again, and nothing told twice", async () => {
  const isolates: (boolean | undefined)[] = [];
  const told: string[] = [];
  let fails = true;
  await using bench = await ProcessorBench.start({
    wrap: (store) =>
      wrapBatch(store, (batch, options) => {
        isolates.push(options.isolates);
        return {
          message: <T>(run: () => T) =>
            batch.message(() => {
              const result = run();
              if (fails && batch.tx.get("default/pod/b")) {
                throw new PermanentFault("bad-content", "No b");
              }
              return result;
            }),
        };
      }),
    observer: {
      processed: ({ operation, outcome }) =>
        told.push(`${operation} ${outcome}`),
      fault: ({ text }) => told.push(text),
      committed: ({ messages }) => told.push(`committed ${messages}`),
      failed: () => told.push("failed"),
    },
  });
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  const unknown = fromCloud("frobnicate", "default/pod/a", {});
  isolates.length = 0;
  told.length = 0;
  await bench.fromCloud(insert("a"), unknown, insert("b"), insert("c"));
  assertEquals(isolates, [false, true]);
  assertEquals(told, [
    "committed 4",
    "insert done",
    "unknown fault",
    "insert fault",
    "insert done",
    "Unknown operation: frobnicate",
    "No b",
  ]);
  assertEquals(
    edged.take().map((m) => m.route.resource),
    ["default/pod/a", "default/pod/c"],
  );
  assertEquals(
    bench.cloud.take().map((m) => m.content),
    ["OK", "Unknown operation: frobnicate", "No b", "OK"],
  );
  // It stays careful for as long as something fails.
  await bench.fromCloud(insert("d"), insert("b"));
  fails = false;
  await bench.fromCloud(insert("b"));
  await bench.fromCloud(insert("e"));
  assertEquals(isolates, [false, true, true, true, false]);
  assertEquals(bench.store.list("pod").length, 5);
});

Deno.test("an operation nobody knows is acked with its fault, once and for all", async () => {
  const faults: string[] = [];
  await using bench = await ProcessorBench.start({
    observer: { fault: (fault) => faults.push(fault.kind) },
  });
  const unknown = fromCloud("frobnicate", "default/pod/a", {});
  const query = fromCloud("query", "default/pod", null);
  const resource = fromCloud("insert", "nonsense", { metadata: {} });
  await bench.fromCloud(unknown, query, resource);
  assertEquals(
    bench.cloud.take().map((m) => [m.route.operation, m.content]),
    [
      ["response", "Unknown operation: frobnicate"],
      ["response", "Not allowed from here: query"],
      ["response", "Resource is not <namespace>/<type>[/<name>]: nonsense"],
    ],
  );
  assertEquals(faults, ["unknown-operation", "not-allowed", "bad-resource"]);
});

Deno.test("failed_handler_never_reports_success: a volume request is answered with an error", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(
    fromCloud("createvolume", "default/volume/v1", "{}", {
      source: "cloudhub",
    }),
  );
  assertEquals(bench.cloud.take()[0]?.route.operation, "error");
});

Deno.test("a bad message of an agent is answered to the agent", async () => {
  await using bench = await ProcessorBench.start();
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  const message = fromEdged("insert", "not-a-resource", {});
  edged.send(message);
  await bench.clock.settle();
  const [answer] = edged.take();
  assertEquals(answer?.route.operation, "error");
  assertEquals(answer?.header.parent_msg_id, message.header.msg_id);
  assertEquals(bench.cloud.take(), []);
});

Deno.test("full_queue_pushes_back: at its bound the inbox takes no more, then says when", async () => {
  await using bench = await ProcessorBench.start();
  const messages = Array.from(
    { length: LIMITS.inboxMessagesMax + 1 },
    (_, i) => insert(`p${i % 50}`),
  );
  const taken = messages.map((message) => bench.cloud.send(message));
  assertEquals(taken.filter((t) => t).length, LIMITS.inboxMessagesMax);
  const room = bench.router.room("metamanager");
  assertEquals(room === undefined, false);
  await Promise.all([room, bench.clock.settle()]);
  assertEquals(bench.cloud.take().length, LIMITS.inboxMessagesMax);
});

Deno.test("full_queue_pushes_back: the links are to wait before the inbox is full, and other I/O has its turn", async () => {
  await using bench = await ProcessorBench.start();
  const { clock } = bench;
  const defer = clock.defer.bind(clock);
  const pressed: (boolean | undefined)[] = [];
  clock.defer = (fn, isPressed) => {
    pressed.push(isPressed);
    return defer(fn);
  };
  const give = async (count: number) => {
    for (let i = 0; i < count; i++) bench.cloud.send(insert(`p${i}`));
    const hasRoom = bench.router.room("metamanager") === undefined;
    await clock.settle();
    return hasRoom;
  };
  const most = LIMITS.inboxMessagesRead;
  assertEquals([await give(most - 1), await give(most)], [true, false]);
  assertEquals([await give(1), await give(1)], [true, true]);
  // What comes behind a batch that left no room, and no longer.
  assertEquals(pressed, [false, false, true, false]);
  assertEquals(bench.cloud.take().length, 2 * most + 1);
});

Deno.test("questions that come together are to share one lock, a few are not", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(insert("a"));
  const edged = bench.agent();
  await bench.clock.settle();
  const batch = bench.store.batch.bind(bench.store);
  const shares: boolean[] = [];
  bench.store.batch = (options) => {
    shares.push(options?.expectsReads === true && !options.expectsWrites);
    return batch(options);
  };
  for (const count of [3, 4]) {
    for (let i = 0; i < count; i++) {
      edged.send(fromEdged("query", "default/pod/a"));
    }
    await bench.clock.settle();
  }
  assertEquals(shares, [false, true]);
});

Deno.test("a question to the cloud says until when somebody waits for its answer", async () => {
  await using bench = await ProcessorBench.start();
  await bench.connect();
  const edged = bench.agent();
  await bench.clock.settle();
  edged.send(fromEdged("query", "default/secret/s"));
  await bench.clock.settle();
  assertEquals(bench.cloud.untilMs, [bench.clock.monotonic() + 10_000]);
});

Deno.test("full_queue_pushes_back: the inbox is bounded by the memory of its messages, too", async () => {
  await using bench = await ProcessorBench.start();
  const heapBytes = 1024 * 1024;
  const most = LIMITS.inboxHeapBytesMax / heapBytes;
  const messages = Array.from({ length: most + 1 }, (_, i) => insert(`p${i}`));
  const taken = messages.map((message) => bench.cloud.send(message, heapBytes));
  assertEquals(taken.filter((t) => t).length, most);
  const room = bench.router.room("metamanager");
  assertEquals(room === undefined, false);
  await Promise.all([room, bench.clock.settle()]);
  assertEquals(bench.cloud.take().length, most);
  assertEquals(bench.router.room("metamanager"), undefined);
  // One that is larger than the bound is no reason to wait for ever.
  assert(bench.cloud.send(insert("large"), 4 * LIMITS.inboxHeapBytesMax));
  assertEquals(bench.cloud.send(insert("next"), 1), false);
});

Deno.test("one upstream request for equal questions, each asker gets its own answer", async () => {
  await using bench = await ProcessorBench.start();
  await bench.connect();
  const edged = bench.agent();
  const other = bench.agent("other");
  await bench.clock.settle();
  edged.take();
  other.take();
  const first = fromEdged("query", "default/secret/s");
  const second = fromEdged("query", "default/secret/s");
  edged.send(first);
  await bench.clock.settle();
  other.send(second);
  await bench.clock.settle();
  const asked = bench.cloud.take();
  assertEquals(asked.length, 1);
  const secret = object("Secret", "s", 4);
  const answer = {
    ...newResponse(TEST_STAMP, asked[0] as Message, secret),
  };
  await bench.fromCloud(answer);
  for (const [agent, question] of [[edged, first], [other, second]] as const) {
    const [reply] = agent.take();
    assertEquals(reply?.header.parent_msg_id, question.header.msg_id);
    assertEquals(reply?.content, secret);
  }
  assertEquals(answers(bench.cloud.take()), [
    [answer.header.msg_id, "response", "OK"],
  ]);
});

Deno.test("a question the cloud does not answer in time is answered from the store", async () => {
  await using bench = await ProcessorBench.start();
  bench.markSynced();
  await bench.fromCloud(
    fromCloud("update", "default/secret/s", object("Secret", "s", 4)),
  );
  await bench.connect();
  const edged = bench.agent("edged", { answers: false, since: 1 });
  await bench.clock.settle();
  edged.take();
  const known = fromEdged("query", "default/secret/s");
  const unknown = fromEdged("query", "default/secret/t");
  edged.send(known);
  edged.send(unknown);
  await bench.clock.advance(9_999);
  assertEquals(edged.take(), []);
  await bench.clock.advance(2);
  const [first, second] = edged.take();
  assertEquals(first?.header.parent_msg_id, known.header.msg_id);
  assertEquals((first?.content as string[]).length, 1);
  assertEquals(second?.header.parent_msg_id, unknown.header.msg_id);
  assertEquals(second?.route.operation, "error");
});

Deno.test("a link that goes down answers what waits at once", async () => {
  await using bench = await ProcessorBench.start();
  await bench.connect();
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  const lease = fromEdged("update", "kube-node-lease/lease/edge-1", {});
  edged.send(lease);
  await bench.clock.settle();
  assertEquals(edged.take(), []);
  await bench.connect(false);
  const [answer] = edged.take();
  assertEquals(answer?.header.parent_msg_id, lease.header.msg_id);
  assertEquals(answer?.route.operation, "error");
});

Deno.test("what the node itself wants is answered even when COMMIT fails", async () => {
  let failing = false;
  await using bench = await ProcessorBench.start({
    wrap: (store) => failingCommit(store, () => failing),
  });
  await bench.connect();
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  edged.send(fromEdged("query", "default/secret/s"));
  await bench.clock.settle();
  failing = true;
  await bench.connect(false);
  await bench.clock.settle();
  assertEquals(edged.take().map((m) => m.route.operation), ["error"]);
});

Deno.test("the store counts as in sync once a connection has lasted", async () => {
  await using bench = await ProcessorBench.start();
  assertEquals(bench.store.isSynced("pod"), false);
  await bench.connect();
  await bench.clock.advance(9_000);
  await bench.connect(false);
  await bench.clock.advance(9_000);
  assertEquals(bench.store.isSynced("pod"), false);
  await bench.connect();
  await bench.clock.advance(10_001);
  assertEquals(bench.store.isSynced("pod"), true);
});

Deno.test("a standalone node is in sync with itself", async () => {
  await using bench = await ProcessorBench.start({ standalone: true });
  await bench.clock.settle();
  assertEquals(bench.store.isSynced("pod"), true);
});

Deno.test("MetaSync runs on its interval while connected only", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(insert("a"));
  const edged = bench.agent();
  await bench.clock.settle();
  const status = { UID: "uid-a", Name: "a", Status: { phase: "Running" } };
  const report = fromEdged("update", "default/podstatus/a", status);
  edged.send(report);
  await bench.clock.settle();
  await bench.fromCloud(newResponse(TEST_STAMP, report, "OK"));
  bench.cloud.take();
  await bench.clock.advance(180_000);
  assertEquals(bench.cloud.take(), []);
  await bench.connect();
  bench.cloud.take();
  await bench.clock.advance(120_000);
  const reports = bench.cloud.take().filter((m) => Array.isArray(m.content));
  assertEquals(reports.map((m) => m.route.resource), [
    "default/podstatus",
    "default/podstatus",
  ]);
});

Deno.test("Processor.drain() works off what waits, stop() ends every timer", async () => {
  const bench = await ProcessorBench.start();
  bench.cloud.send(insert("a"));
  const drained = bench.processor.drain(1000);
  await bench.clock.settle();
  await drained;
  assertEquals(bench.cloud.take().length, 1);
  await bench[Symbol.asyncDispose]();
  assertEquals(bench.clock.pending, 0);
});

for (const lostAt of [1, 3, 5]) {
  Deno.test(`a transaction lost at message ${lostAt} of 5: five errors, no row, nothing handed over`, async () => {
    let ran = 0;
    let losing = false;
    await using bench = await ProcessorBench.start({
      wrap: (store) =>
        wrapBatch(store, (batch) => ({
          message: <T>(run: () => T) => {
            const result = batch.message(run);
            if (losing && ++ran === lostAt) {
              throw new BatchLostError("full", "SQLite ended the transaction");
            }
            return result;
          },
          // A rollback that fails, too, must not end the processor.
          rollback: () => {
            batch.rollback();
            throw new StoreError("io", "disk I/O error");
          },
        })),
    });
    const edged = bench.agent();
    await bench.clock.settle();
    edged.take();
    losing = true;
    const messages = ["a", "b", "c", "d", "e"].map((name) => insert(name));
    await bench.fromCloud(...messages);
    assertEquals(
      bench.cloud.take().map((
        m,
      ) => [m.header.parent_msg_id, m.route.operation]),
      messages.map((m) => [m.header.msg_id, "error"]),
    );
    assertEquals(bench.store.list("pod"), []);
    assertEquals(edged.take(), []);
  });
}

Deno.test("Processor.connected is false until the link says otherwise", async () => {
  await using bench = await ProcessorBench.start();
  assertEquals(bench.processor.connected, false);
  await bench.connect();
  assertEquals(bench.processor.connected, true);
});

Deno.test("what a peer makes up is no name of a figure", async () => {
  const seen: string[] = [];
  await using bench = await ProcessorBench.start({
    observer: { processed: ({ operation }) => seen.push(operation) },
  });
  await bench.fromCloud(fromCloud("x".repeat(1000), "default/pod/a", {}));
  assertEquals(seen, ["unknown"]);
});

Deno.test("requests that share an upstream message count against the bound", async () => {
  await using bench = await ProcessorBench.start();
  bench.markSynced();
  const edged = bench.agent();
  await bench.connect();
  edged.take();
  const questions = LIMITS.pendingRequestsMax + 2;
  const ask = async () => {
    for (let i = 0; i < questions; i++) {
      edged.send(fromEdged("query", "default/secret/s"));
      if (i % 1000 === 0) await bench.clock.settle();
    }
    await bench.clock.settle();
  };
  await ask();
  assertEquals(edged.take().map((m) => m.route.operation), ["error", "error"]);
  assertEquals(bench.processor.requestsWaiting, 1);
  await bench.clock.advance(10_001);
  assertEquals(edged.take().length, LIMITS.pendingRequestsMax);
  // Those that ended make room.
  await ask();
  assertEquals(edged.take().length, 2);
});

Deno.test("an answer of the cloud that can never be stored is told as a fault", async () => {
  const faults: string[] = [];
  await using bench = await ProcessorBench.start({
    observer: {
      fault: (fault, origin) =>
        faults.push(`${origin} ${fault.kind} ${fault.resource}`),
    },
  });
  await bench.connect();
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  edged.send(fromEdged("query", "default/secret/s"));
  await bench.clock.settle();
  const [asked] = bench.cloud.take();
  const secret = object("Secret", "s", "not-a-number");
  await bench.fromCloud(newResponse(TEST_STAMP, asked as Message, secret));
  assertEquals(faults, ["cloud bad-content default/secret/s"]);
  assertEquals(edged.take().length, 1);
});

Deno.test("a full outbox refuses a report with an error that may be repeated", async () => {
  const noted: string[] = [];
  const failures: unknown[] = [];
  await using bench = await ProcessorBench.start({
    observer: {
      noted: (what) => noted.push(what),
      failed: (error) => failures.push(error),
    },
  });
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  const batch = bench.store.batch();
  batch.message(() =>
    batch.tx.enqueue({
      msgId: "m",
      resource: "default/thing/x",
      type: "thing",
      operation: "insert",
      text: "x".repeat(LIMITS.outboxBytesMax),
      createdAtMs: 0,
    })
  );
  batch.commit();
  const report = fromEdged("update", "default/thing/y", { n: 1 });
  edged.send(report);
  await bench.clock.settle();
  const [answer] = edged.take();
  assertEquals(answer?.route.operation, "error");
  assertEquals(answer?.header.parent_msg_id, report.header.msg_id);
  const { ErrStatus } = answer?.content as {
    ErrStatus: { reason: string; code: number };
  };
  assertEquals([ErrStatus.reason, ErrStatus.code], ["TooManyRequests", 429]);
  assertEquals(bench.store.get("default/thing/y"), undefined);
  assertEquals(noted, ["outbox-full"]);
  assertEquals(failures, []);
});

Deno.test("an agent that left while it asked and came back is told of what the answer changed", async () => {
  await using bench = await ProcessorBench.start();
  await bench.connect();
  const first = bench.agent();
  await bench.clock.settle();
  first.send(fromEdged("query", "default/configmap/c"));
  await bench.clock.settle();
  const asked = bench.cloud.take().find(({ route }) =>
    route.resource === "default/configmap/c"
  );
  first.leave();
  const second = bench.agent();
  await bench.clock.settle();
  second.take();
  const answer = newResponse(
    TEST_STAMP,
    asked as Message,
    object("ConfigMap", "c", 7),
  );
  await bench.fromCloud(answer);
  const told = second.take().filter(({ header }) => header.revision);
  assertEquals(told.map(({ route }) => route.resource), [
    "default/configmap/c",
  ]);
});
