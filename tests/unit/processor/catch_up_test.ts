import { assertEquals } from "@std/assert";
import { Handovers } from "../../../lib/edged/handovers.ts";
import { attachInProcess } from "../../../lib/edged/mod.ts";
import type { Message } from "../../../lib/message/mod.ts";
import { type Store, StoreError } from "../../../lib/store/mod.ts";
import { Handover } from "../../../lib/processor/handover.ts";
import { fromCloud, pod, TEST_STAMP } from "../../support/messages.ts";
import { ProcessorBench } from "../../support/processor_bench.ts";

const insert = (name: string) =>
  fromCloud("insert", `default/pod/${name}`, pod(name, 1));
const isMarker = (message: Message) => message.route.resource === "meta/replay";
const changes = (messages: readonly Message[]) =>
  messages.filter((m) => !isMarker(m)).map((m) => m.route.resource);
const isFull = (messages: readonly Message[]) =>
  messages.filter(isMarker).map((m) => (m.content as { full: boolean }).full);

/** An agent that takes so many messages and then no more. */
function stuckAgent(bench: ProcessorBench, takes: number): () => void {
  let taken = 0;
  return bench.router.register({
    name: "edged",
    group: "edged",
    agent: { answers: false },
    room: () => taken >= takes ? new Promise<void>(() => {}) : undefined,
    receive: ({ message }) => {
      taken++;
      const { revision } = message.header;
      if (revision) bench.router.handed("edged", revision);
      return true;
    },
  });
}

Deno.test("a replay of everything that was interrupted begins again as one", async () => {
  await using bench = await ProcessorBench.start();
  bench.markSynced();
  await bench.fromCloud(insert("a"), insert("b"), insert("c"));
  const leave = stuckAgent(bench, 3);
  await bench.clock.settle();
  assertEquals(bench.store.position("edged"), 0);
  leave();
  const again = bench.agent();
  await bench.clock.settle();
  const messages = again.take();
  assertEquals(isFull(messages), [true, true]);
  assertEquals(changes(messages).length, 3);
  assertEquals(bench.store.position("edged"), bench.store.revision());
});

/** An agent whose link queues all, and takes so many of it when told. */
function queueingAgent(bench: ProcessorBench) {
  const queue: Message[] = [];
  const handovers = new Handovers();
  const leave = bench.router.register({
    name: "edged",
    group: "edged",
    agent: { answers: false },
    receive: ({ message }) => {
      handovers.queued(message.header.revision);
      queue.push(message);
      return true;
    },
  });
  const take = (count: number) => {
    const revision = handovers.taken(count);
    if (revision !== undefined) bench.router.handed("edged", revision);
  };
  return { queue, take, leave };
}

Deno.test("a replay of everything that is cut before its end does not count as whole", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(insert("a"), insert("b"));
  const { queue, take, leave } = queueingAgent(bench);
  await bench.clock.settle();
  assertEquals(queue.map(isMarker), [true, false, false, true]);
  // The last change has been taken, its end of the same revision has not.
  take(3);
  assertEquals(bench.store.position("edged"), 0);
  take(4);
  assertEquals(bench.store.position("edged"), bench.store.revision());
  await bench.fromCloud(insert("c"));
  take(5);
  assertEquals(bench.store.position("edged"), bench.store.revision());
  leave();
});

Deno.test("the end of a replay waits for room behind a large object, so that no agent is cut off for ever", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(insert("a"));
  const queue: Message[] = [];
  let room: PromiseWithResolvers<void> | undefined;
  const leave = bench.router.register({
    name: "edged",
    group: "edged",
    agent: { answers: false },
    room: () => room?.promise,
    receive: ({ message }) => {
      // As the link does: one that is full and handed more is closed.
      if (room) leave();
      else if (!isMarker(message)) room = Promise.withResolvers();
      queue.push(message);
      return room !== undefined || isMarker(message);
    },
  });
  await bench.clock.settle();
  assertEquals(queue.map(isMarker), [true, false]);
  assertEquals(bench.router.has("edged"), true);
  room?.resolve();
  room = undefined;
  await bench.clock.settle();
  assertEquals(queue.map(isMarker), [true, false, true]);
  assertEquals(bench.processor.liveAgents, ["edged"]);
  leave();
});

Deno.test("changes of a replay of everything bear no revision, its end does", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(insert("a"), insert("b"));
  const edged = bench.agent();
  await bench.clock.settle();
  assertEquals(edged.take().map((m) => m.header.revision), [
    undefined,
    undefined,
    undefined,
    2,
  ]);
  edged.leave();
  await bench.fromCloud(insert("c"));
  const again = bench.agent();
  await bench.clock.settle();
  assertEquals(again.take().map((m) => m.header.revision), [undefined, 3, 3]);
});

Deno.test("everything is gone and its deletes are pruned: the agent hears of a replay of nothing", async () => {
  await using bench = await ProcessorBench.start({
    tombstoneLimits: { countMax: 0, ageMs: 1e9 },
  });
  bench.markSynced();
  const edged = bench.agent();
  await bench.fromCloud(insert("a"));
  edged.leave();
  await bench.fromCloud(fromCloud("delete", "default/pod/a", pod("a", 2)));
  const again = bench.agent();
  await bench.clock.settle();
  const states = again.take().map((m) =>
    m.content as { state: string; full: boolean }
  ).map(({ state, full }) => [state, full]);
  assertEquals(states, [["started", true], ["finished", true]]);
});

Deno.test("deletes pruned while an agent catches up: everything begins anew", async () => {
  await using bench = await ProcessorBench.start({
    tombstoneLimits: { countMax: 0, ageMs: 1e9 },
  });
  bench.markSynced();
  const edged = bench.agent();
  await bench.fromCloud(insert("a"));
  edged.leave();
  await bench.fromCloud(insert("b"), insert("c"));
  const gate = Promise.withResolvers<void>();
  let open = false;
  const got: Message[] = [];
  bench.router.register({
    name: "edged",
    group: "edged",
    agent: { answers: false },
    room: () => got.length === 2 && !open ? gate.promise : undefined,
    receive: ({ message }) => {
      got.push(message);
      return true;
    },
  });
  await bench.clock.settle();
  await bench.fromCloud(fromCloud("delete", "default/pod/b", pod("b", 2)));
  open = true;
  gate.resolve();
  await bench.clock.settle();
  assertEquals(isFull(got), [false, true, true]);
  const last = got.slice(
    got.findLastIndex((m) =>
      isMarker(m) && (m.content as { state: string }).state === "started"
    ),
  );
  assertEquals(changes(last), ["default/pod/a", "default/pod/c"]);
});

Deno.test("an agent that refused a change gets it from the store", async () => {
  await using bench = await ProcessorBench.start();
  const edged = bench.agent();
  await bench.fromCloud(insert("z"));
  edged.take();
  edged.full = true;
  await bench.fromCloud(insert("a"));
  edged.full = false;
  await bench.fromCloud(insert("b"));
  assertEquals(bench.processor.liveAgents, []);
  assertEquals(edged.take(), []);
  await bench.clock.advance(1_001);
  assertEquals(changes(edged.take()), ["default/pod/a", "default/pod/b"]);
  assertEquals(bench.processor.liveAgents, ["edged"]);
  await bench.fromCloud(insert("c"));
  assertEquals(changes(edged.take()), ["default/pod/c"]);
});

Deno.test("an agent that refused a change does not get what its queue holds twice", async () => {
  await using bench = await ProcessorBench.start();
  let isFull = false;
  const got: Message[] = [];
  // It takes messages and tells nothing of having written them.
  bench.router.register({
    name: "edged",
    group: "edged",
    agent: { answers: false },
    receive: ({ message }) => {
      if (!isFull) got.push(message);
      return !isFull;
    },
  });
  await bench.clock.settle();
  await bench.fromCloud(insert("a"));
  isFull = true;
  await bench.fromCloud(insert("b"));
  isFull = false;
  await bench.clock.advance(1_001);
  assertEquals(changes(got), ["default/pod/a", "default/pod/b"]);
});

Deno.test("an agent that refuses the end of its replay gets all of it again", async () => {
  await using bench = await ProcessorBench.start();
  bench.markSynced();
  await bench.fromCloud(insert("a"));
  const edged = bench.agent();
  edged.take();
  edged.full = true;
  await bench.clock.advance(5_000);
  assertEquals(bench.processor.liveAgents, []);
  edged.full = false;
  await bench.clock.advance(1_001);
  const messages = edged.take();
  assertEquals(isFull(messages), [true, true]);
  assertEquals(changes(messages), ["default/pod/a"]);
  assertEquals(bench.processor.liveAgents, ["edged"]);
});

Deno.test("the module that an effect excepts is not told, the others are", async () => {
  await using bench = await ProcessorBench.start();
  const handover = new Handover({
    clock: bench.clock,
    stamp: TEST_STAMP,
    store: bench.store,
    nodeId: "edge-1",
    replyTimeoutMs: 1000,
    toCloud: (message) => answers.push(message),
    onLate: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  const answers: Message[] = [];
  const told: string[] = [];
  for (const name of ["edged", "other"]) {
    handover.attached({
      name,
      group: "edged",
      agent: { answers: name === "edged" },
      receive: ({ message }) => {
        if (!isMarker(message)) told.push(name);
        return true;
      },
    });
  }
  await bench.clock.settle();
  const request = insert("a");
  handover.offer(request, 1, { request, except: "edged" });
  assertEquals(told, ["other"]);
  assertEquals(answers.map((m) => m.content), ["OK"]);
  handover.stop();
});

Deno.test("a position of another store is not noted", async () => {
  await using bench = await ProcessorBench.start();
  await bench.fromCloud(insert("a"), insert("b"));
  bench.agent("edged", { answers: false });
  await bench.clock.settle();
  bench.router.handed("edged", 50);
  assertEquals(bench.store.position("edged"), 2);
});

Deno.test("an agent that leaves because it is full: one OK, not two", async () => {
  await using bench = await ProcessorBench.start();
  const gate = Promise.withResolvers<void>();
  const agent = attachInProcess(bench.router, {
    module: "edged",
    answers: true,
    waitingMax: 1,
    onMessage: () => gate.promise,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  await bench.clock.settle();
  const messages = ["a", "b", "c", "d"].map(insert);
  await bench.fromCloud(...messages);
  agent.detach();
  gate.resolve();
  await bench.clock.settle();
  assertEquals(
    bench.cloud.take().map((m) => m.header.parent_msg_id).sort(),
    messages.map((m) => m.header.msg_id).sort(),
  );
});

Deno.test("one agent that throws takes nothing from the others or the cloud", async () => {
  const failures: unknown[] = [];
  await using bench = await ProcessorBench.start({
    observer: { failed: (error, messages) => failures.push([error, messages]) },
  });
  const broken = new RangeError("Invalid string length");
  bench.router.register({
    name: "broken",
    group: "edged",
    agent: { answers: true },
    receive: () => {
      throw broken;
    },
  });
  const edged = bench.agent();
  await bench.clock.settle();
  failures.length = 0;
  await bench.fromCloud(insert("a"), insert("b"));
  assertEquals(bench.cloud.take().map((m) => m.content), ["OK", "OK"]);
  assertEquals(changes(edged.take()), ["default/pod/a", "default/pod/b"]);
  assertEquals(failures, [[broken, 0], [broken, 0]]);
});

Deno.test("Processor.stop() cancels a catch-up that was to be tried again", async () => {
  await using bench = await ProcessorBench.start({
    wrap: (store) =>
      new Proxy(store as Store, {
        get(target, name) {
          if (name === "changesSince") {
            return () => {
              throw new StoreError("io", "disk I/O error");
            };
          }
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  });
  bench.agent();
  await bench.clock.settle();
  await bench.processor.stop();
  assertEquals(bench.clock.pending, 0);
});
