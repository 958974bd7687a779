import { assertEquals } from "@std/assert";
import { type Store, StoreError } from "../../../lib/store/mod.ts";
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
  ProcessorBench,
  type Recorder,
} from "../../support/processor_bench.ts";

const insert = (name: string, version = 1, fields = {}) =>
  fromCloud("insert", `default/pod/${name}`, pod(name, version, fields));
const remove = (name: string, version = 9) =>
  fromCloud("delete", `default/pod/${name}`, pod(name, version));

/** Operation and resource of what is no marker of a replay. */
const changes = (messages: readonly Message[]) =>
  messages.filter((m) => m.route.resource !== "meta/replay")
    .map((m) => `${m.route.operation} ${m.route.resource}`);

async function attach(
  bench: ProcessorBench,
  name = "edged",
  traits: { answers: boolean; since?: number } = { answers: false },
): Promise<Recorder> {
  const agent = bench.agent(name, traits);
  await bench.clock.settle();
  return agent;
}

Deno.test("an agent that answers: its answer is the cloud's answer", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await attach(bench, "edged", { answers: true });
  edged.take();
  const message = insert("a");
  await bench.fromCloud(message);
  assertEquals(bench.cloud.take(), []);
  const [handed] = edged.take();
  assertEquals(handed?.header.msg_id, message.header.msg_id);
  edged.send(newResponse(TEST_STAMP, handed as Message, { started: true }));
  await bench.clock.settle();
  const [answer] = bench.cloud.take();
  assertEquals(answer?.header.parent_msg_id, message.header.msg_id);
  assertEquals(answer?.content, { started: true });
  assertEquals(answer?.route.source, "edgecontroller");
  await bench.clock.advance(10_000);
  assertEquals(bench.cloud.take(), []);
});

Deno.test("an agent that answers with an error: a response with its text", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await attach(bench, "edged", { answers: true });
  const message = insert("a");
  await bench.fromCloud(message);
  edged.send(newError(TEST_STAMP, message, "image not found"));
  await bench.clock.settle();
  const [answer] = bench.cloud.take();
  assertEquals([answer?.route.operation, answer?.content], [
    "response",
    "image not found",
  ]);
});

Deno.test("an agent that never answers: OK at the deadline, then OK at COMMIT", async () => {
  const late: string[] = [];
  await using bench = await ProcessorBench.start({
    observer: { agentLate: (module) => late.push(module) },
  });
  const edged = await attach(bench, "edged", { answers: true });
  await bench.fromCloud(insert("a"));
  await bench.clock.advance(1_999);
  assertEquals(bench.cloud.take(), []);
  await bench.clock.advance(2);
  assertEquals(bench.cloud.take().map((m) => m.content), ["OK"]);
  assertEquals(late, ["edged"]);
  edged.take();
  await bench.fromCloud(insert("b"));
  assertEquals(bench.cloud.take().map((m) => m.content), ["OK"]);
  assertEquals(changes(edged.take()), ["insert default/pod/b"]);
});

Deno.test("a late answer changes nothing but shows that the agent is back", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await attach(bench, "edged", { answers: true });
  const first = insert("a");
  await bench.fromCloud(first);
  await bench.clock.advance(2_001);
  bench.cloud.take();
  edged.send(newResponse(TEST_STAMP, first, "late"));
  await bench.clock.settle();
  assertEquals(bench.cloud.take(), []);
  await bench.fromCloud(insert("b"));
  assertEquals(bench.cloud.take(), []);
});

Deno.test("an agent that answers twice is heard once", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await attach(bench, "edged", { answers: true });
  const message = insert("a");
  await bench.fromCloud(message);
  edged.send(newResponse(TEST_STAMP, message, "first"));
  edged.send(newResponse(TEST_STAMP, message, "second"));
  await bench.clock.settle();
  assertEquals(bench.cloud.take().map((m) => m.content), ["first"]);
});

Deno.test("an agent that leaves with an answer owed: OK at once, it is stored", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await attach(bench, "edged", { answers: true });
  await bench.fromCloud(insert("a"));
  edged.leave();
  assertEquals(bench.cloud.take().map((m) => m.content), ["OK"]);
});

Deno.test("an agent that takes nothing: OK at once", async () => {
  await using bench = await ProcessorBench.start();
  const edged = await attach(bench, "edged", { answers: true });
  edged.full = true;
  await bench.fromCloud(insert("a"));
  assertEquals(bench.cloud.take().map((m) => m.content), ["OK"]);
});

Deno.test("another agent's answer does not answer for the one that was asked", async () => {
  await using bench = await ProcessorBench.start();
  await attach(bench, "edged", { answers: true });
  const other = await attach(bench, "other");
  const message = insert("a");
  await bench.fromCloud(message);
  other.send(newResponse(TEST_STAMP, message, "not mine"));
  await bench.clock.settle();
  assertEquals(bench.cloud.take(), []);
});

Deno.test("no agent: the cloud gets OK, and the agent everything when it attaches", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(insert("a"), insert("b"), remove("a"));
  assertEquals(bench.cloud.take().length, 3);
  const edged = await attach(bench);
  const messages = edged.take();
  assertEquals(changes(messages), [
    "update default/pod/b",
    "delete default/pod/a",
  ]);
  const marks = messages.filter((m) => m.route.resource === "meta/replay");
  assertEquals(
    marks.map((m) => (m.content as { state: string }).state),
    ["started", "finished"],
  );
});

Deno.test("an agent that comes back gets what it missed, in order, and no more", async () => {
  await using bench = await ProcessorBench.start();
  let edged = await attach(bench);
  await bench.fromCloud(insert("a"), insert("b"));
  edged.leave();
  await bench.fromCloud(
    fromCloud("update", "default/pod/b", pod("b", 2, { labels: { v: "2" } })),
    insert("c"),
    remove("a"),
  );
  edged = await attach(bench);
  assertEquals(changes(edged.take()), [
    "update default/pod/b",
    "update default/pod/c",
    "delete default/pod/a",
  ]);
});

Deno.test("recreated while away: delete of the old, then the new", async () => {
  await using bench = await ProcessorBench.start();
  let edged = await attach(bench);
  await bench.fromCloud(insert("a", 1, { uid: "A" }));
  edged.leave();
  const created = "2026-02-01T00:00:00Z";
  await bench.fromCloud(
    fromCloud("update", "default/pod/a", pod("a", 5, { uid: "B", created })),
  );
  edged = await attach(bench);
  const messages = edged.take();
  assertEquals(changes(messages), [
    "delete default/pod/a",
    "update default/pod/a",
  ]);
  const uids = messages.filter((m) => m.route.resource !== "meta/replay")
    .map((m) => (m.content as { metadata: { uid: string } }).metadata.uid);
  assertEquals(uids, ["A", "B"]);
});

Deno.test("since=0 asks for everything, since=N for what came after", async () => {
  await using bench = await ProcessorBench.start();
  const first = await attach(bench);
  await bench.fromCloud(insert("a"), insert("b"));
  first.leave();
  const all = await attach(bench, "edged", { answers: false, since: 0 });
  assertEquals(changes(all.take()).length, 2);
  all.leave();
  const later = await attach(bench, "edged", { answers: false, since: 1 });
  assertEquals(changes(later.take()), ["update default/pod/b"]);
});

Deno.test("a revision of another store asks for everything", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(insert("a"));
  const traits = { answers: false, since: 99_999 };
  const edged = await attach(bench, "edged", traits);
  assertEquals(changes(edged.take()), ["update default/pod/a"]);
});

Deno.test("a replay leaves out what is not for agents", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(
    fromCloud("update", "null/node/edge-1", object("Node", "edge-1", 1)),
    fromCloud(
      "insert",
      "default/pod/foreign",
      pod("foreign", 2, { spec: { nodeName: "edge-2" } }),
      { source: "dynamiccontroller" },
    ),
    insert("own", 3),
  );
  const writer = await attach(bench, "writer");
  writer.send(fromEdged("update", "default/podstatus/own", { UID: "uid-own" }));
  await bench.clock.settle();
  const edged = await attach(bench);
  assertEquals(changes(edged.take()), ["update default/pod/own"]);
});

Deno.test("a long replay gives other work its turn, and ends complete", async () => {
  await using bench = await ProcessorBench.start();
  const names = Array.from({ length: 200 }, (_, i) => `p${i}`);
  await bench.fromCloud(...names.map((name) => insert(name)));
  bench.cloud.take();
  const edged = bench.agent();
  let turns = 0;
  const tick = () => {
    turns++;
    if (changes(edged.messages).length < names.length) bench.clock.defer(tick);
  };
  bench.clock.defer(tick);
  await bench.clock.settle();
  assertEquals(turns >= 3, true);
  assertEquals(changes(edged.take()).length, names.length);
  await bench.fromCloud(insert("live"));
  assertEquals(changes(edged.take()), ["insert default/pod/live"]);
});

Deno.test("a change during a replay comes once, after it", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(insert("a"), insert("b"));
  const gate = Promise.withResolvers<void>();
  let open = false;
  const got: Message[] = [];
  bench.router.register({
    name: "slow",
    group: "edged",
    agent: { answers: true },
    room: () => got.length === 2 && !open ? gate.promise : undefined,
    receive: ({ message }) => {
      got.push(message);
      return true;
    },
  });
  await bench.clock.settle();
  const update = fromCloud(
    "update",
    "default/pod/a",
    pod("a", 7, { labels: { x: "1" } }),
  );
  await bench.fromCloud(update);
  assertEquals(bench.cloud.take().at(-1)?.content, "OK");
  open = true;
  gate.resolve();
  await bench.clock.settle();
  assertEquals(changes(got), [
    "update default/pod/a",
    "update default/pod/b",
    "update default/pod/a",
  ]);
  await bench.fromCloud(insert("c"));
  assertEquals(got.at(-1)?.route.operation, "insert");
});

Deno.test("a store that cannot be read for a moment does not forget an agent", async () => {
  let failing = true;
  const failures: unknown[] = [];
  await using bench = await ProcessorBench.start({
    observer: { failed: (error) => failures.push(error) },
    wrap: (store) =>
      new Proxy(store as Store, {
        get(target, name) {
          if (name === "changesSince" && failing) {
            return () => {
              throw new StoreError("io", "disk I/O error");
            };
          }
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  });
  await bench.fromCloud(insert("a"));
  const edged = await attach(bench);
  assertEquals(edged.take(), []);
  assertEquals(failures.length, 1);
  failing = false;
  await bench.clock.advance(1_001);
  assertEquals(changes(edged.take()), ["update default/pod/a"]);
});

for (const point of ["before hand-over", "after hand-over"] as const) {
  Deno.test(`crash ${point}: after restart the agent has every last state and delete`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const seen = new Map<string, string>();
      const note = (messages: readonly Message[]) => {
        for (const { route, content } of messages) {
          if (route.resource === "meta/replay") continue;
          if (route.operation === "delete") seen.delete(route.resource);
          else {
            const { metadata } = content as {
              metadata: { resourceVersion: string };
            };
            seen.set(route.resource, metadata.resourceVersion);
          }
        }
      };
      const first = await ProcessorBench.start({ folder });
      const edged = await attach(first);
      await first.fromCloud(insert("a"), insert("b"));
      note(edged.take());
      if (point === "before hand-over") edged.leave();
      await first.fromCloud(
        fromCloud(
          "update",
          "default/pod/b",
          pod("b", 2, { labels: { v: "2" } }),
        ),
        insert("c", 3),
        remove("a"),
      );
      // What the agent was handed after the crash point is lost with it.
      await first.crash();
      const second = await ProcessorBench.start({ folder });
      const again = await attach(
        second,
        "edged",
        point === "after hand-over"
          ? { answers: false, since: 2 }
          : { answers: false },
      );
      note(again.take());
      assertEquals([...seen].sort(), [
        ["default/pod/b", "2"],
        ["default/pod/c", "3"],
      ]);
      await second.crash();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
