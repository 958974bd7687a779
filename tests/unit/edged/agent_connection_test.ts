import { assert, assertEquals, assertMatch } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { AgentReader } from "../../../lib/edged/agent_reader.ts";
import { newEdgedStats } from "../../../lib/edged/stats.ts";
import { decode, encode, newMessage } from "../../../lib/message/mod.ts";
import { Router } from "../../../lib/router/mod.ts";
import type { WebSocketConnection } from "../../../lib/websocket/mod.ts";
import {
  downward,
  HandClock,
  keepingLog,
  RawAgent,
  stamp,
  startBench,
  until,
  upward,
} from "../../support/edged_harness.ts";

const connected = newMessage(stamp, {
  source: "websocket",
  group: "resource",
  operation: "connect",
  resource: "node/connection",
  content: "cloud_connected",
});

Deno.test("AgentConnection, the NodeConnection comes before what waited", async () => {
  await using bench = await startBench({
    parts: { connection: () => connected },
  });
  bench.router.observe({
    registered: (module) => {
      module.receive({
        message: downward("a/pod/b", { revision: 5 }),
        from: "x",
      });
    },
  });
  const agent = await RawAgent.attach(bench);
  assertEquals(await agent.next(), connected);
  assertEquals((await agent.next()).route.resource, "a/pod/b");
  await until(() => bench.handed.length === 1, "handed");
  assertEquals(bench.handed, [["edged", 5]]);
  await agent.leave();
});

Deno.test("AgentConnection, hands over in order and tells the revision", async () => {
  await using bench = await startBench();
  const agent = await RawAgent.attach(bench);
  await until(() => bench.router.has("edged"), "attached");
  for (let revision = 1; revision <= 100; revision++) {
    const message = downward(`a/pod/p${revision}`, { revision });
    assert(bench.router.send("edged", { message, from: "x" }));
  }
  for (let revision = 1; revision <= 100; revision++) {
    assertEquals((await agent.next()).header.revision, revision);
  }
  await until(() => bench.handed.at(-1)?.[1] === 100, "all handed");
  await agent.leave();
});

Deno.test("AgentConnection, passes messages on with its name, source untouched", async () => {
  await using bench = await startBench();
  const agent = await RawAgent.attach(bench, { target: "/attach/pods" });
  const message = upward("a/podstatus/b", { Status: {} });
  agent.send(message);
  agent.socket.send(new TextEncoder().encode(JSON.stringify(message)));
  await until(() => bench.processor.received.length === 2, "received");
  for (const envelope of bench.processor.received) {
    const decoded = decode(encode(message));
    assert(decoded.ok);
    const { heapBytes } = decoded;
    const bytes = encode(message).length;
    assertEquals(envelope, { message, from: "pods", heapBytes, bytes });
  }
  await agent.leave();
});

Deno.test("AgentConnection, an answer goes to the sendSync that waits for it", async () => {
  await using bench = await startBench();
  const agent = await RawAgent.attach(bench);
  await until(() => bench.router.has("edged"), "attached");
  const request = downward("a/pod/b");
  const reply = bench.router.sendSync(
    "edged",
    { message: request, from: "x" },
    { timeoutMs: 10_000 },
  );
  const got = await agent.next();
  const answer = newMessage(stamp, {
    source: "edged",
    group: "resource",
    operation: "response",
    resource: "a/pod/b",
    content: "done",
    parentId: got.header.msg_id,
  });
  agent.send(answer);
  agent.send(answer);
  assertEquals(await reply, answer);
  await until(() => bench.processor.received.length === 1, "the second one");
  await agent.leave();
});

Deno.test("AgentConnection, each fault is answered and the next message served", async () => {
  await using bench = await startBench();
  const agent = await RawAgent.attach(bench);
  agent.socket.send("{broken");
  agent.socket.send(new Uint8Array([0xc3, 0x28]));
  agent.socket.send(
    `{"header":{"msg_id":"m7"},"route":{"operation":"update"}}`,
  );
  const message = upward("a/podstatus/b");
  agent.send(message);
  const broken = await agent.next();
  assertEquals(broken.route.operation, "error");
  assertEquals(broken.header.parent_msg_id, "");
  assertEquals(broken.content, "Frame is not JSON");
  assertMatch(String((await agent.next()).content), /not UTF-8/);
  const named = await agent.next();
  assertEquals(named.header.parent_msg_id, "m7");
  assertEquals(named.route.source, "metamanager");
  assertMatch(String(named.content), /route\.resource/);
  await until(() => bench.processor.received.length === 1, "served");
  assertEquals(bench.link.stats.faults, 3);
  const lines = bench.log.lines.filter((line) => /bad message/.test(line));
  assertEquals(lines.length, 1);
  await agent.leave();
});

Deno.test("AgentConnection, faults are logged again after a while, with their number", async () => {
  const clock = new HandClock();
  await using bench = await startBench({ parts: { clock } });
  const agent = await RawAgent.attach(bench);
  const lines = () =>
    bench.log.lines.filter((line) => /bad message/.test(line));
  for (let i = 0; i < 3; i++) agent.socket.send("x");
  await until(() => bench.link.stats.faults === 3, "three faults");
  clock.advance(10_000);
  agent.socket.send("x");
  await until(() => bench.link.stats.faults === 4, "a fourth");
  assertEquals(lines().length, 2);
  assertMatch(lines()[1]!, /"count":3/);
  await agent.leave();
});

Deno.test("AgentConnection, without a processor each message is answered", async () => {
  await using bench = await startBench({ withoutProcessor: true });
  const agent = await RawAgent.attach(bench);
  const message = upward("a/podstatus/b");
  agent.send(message);
  const answer = await agent.next();
  assertEquals(answer.header.parent_msg_id, message.header.msg_id);
  assertEquals(answer.route.operation, "error");
  await agent.leave();
});

Deno.test("AgentConnection, a full processor stops the reading, nothing is lost", async () => {
  await using bench = await startBench({ capacity: 10 });
  bench.processor.held = true;
  const agent = await RawAgent.attach(bench);
  const count = 5_000;
  const content = "x".repeat(1_000);
  for (let i = 0; i < count; i++) {
    agent.send(upward(`a/podstatus/p${i}`, content));
  }
  await until(() => bench.link.stats.received === 11, "one waits for room");
  await until(
    () => performance.now() - agent.socket.lastWrittenMs > 100,
    "the agent's writes are stuck",
  );
  assert(agent.socket.bufferedBytes > 1_000_000);
  assertEquals(bench.link.stats.received, 11);
  assertEquals(bench.link.load, { bufferedBytes: 0, paused: 1 });
  bench.processor.held = false;
  bench.processor.work();
  await until(() => bench.processor.received.length === count, "all came");
  assertEquals(bench.link.load.paused, 0);
  bench.processor.received.forEach(({ message }, i) =>
    assertEquals(message.route.resource, `a/podstatus/p${i}`)
  );
  await agent.leave();
});

Deno.test("AgentConnection, what the processor would take but has no room for waits", async () => {
  await using bench = await startBench({ capacity: 10, roomMax: 1 });
  bench.processor.held = true;
  const agent = await RawAgent.attach(bench);
  for (const name of ["a", "b", "c"]) agent.send(upward(`x/podstatus/${name}`));
  await until(() => bench.link.load.paused === 1, "one waits for room");
  assertEquals(bench.processor.queue.length, 1);
  bench.processor.held = false;
  bench.processor.work();
  await until(() => bench.processor.received.length === 3, "all came");
  await agent.leave();
});

Deno.test("AgentConnection, tries again where nobody tells of room", async () => {
  await using bench = await startBench({ withoutProcessor: true });
  let refusals = 3;
  const got: string[] = [];
  bench.router.register({
    name: "metamanager",
    group: "meta",
    receive: ({ message }) => {
      if (refusals-- > 0) return false;
      got.push(message.route.resource);
      return true;
    },
  });
  const agent = await RawAgent.attach(bench);
  for (const name of ["a", "b"]) agent.send(upward(`x/podstatus/${name}`));
  await until(() => got.length === 2, "both came");
  assertEquals(got, ["x/podstatus/a", "x/podstatus/b"]);
  await agent.leave();
});

Deno.test("AgentConnection, a slow agent is closed with 1013 at its bound", async () => {
  const agentBytesMax = 256 * 1024;
  await using bench = await startBench({
    edged: { limits: { agentBytesMax, stuckMs: 0 } },
  });
  const slow = await RawAgent.attach(bench);
  const brisk = await RawAgent.attach(bench, { target: "/attach/brisk" });
  await until(() => bench.link.agents.length === 2, "attached");
  const content = "x".repeat(10_000);
  let sent = 0;
  let refused = false;
  while (!refused) {
    const message = downward(`a/pod/p${++sent}`, { content, revision: sent });
    refused = !bench.router.send("edged", { message, from: "x" });
    bench.router.send("brisk", { message, from: "x" });
    assertEquals((await brisk.next()).header.revision, sent);
    assert(sent < 1_000, "the bound is never reached");
  }
  assertEquals(bench.router.has("edged"), false);
  assertEquals(bench.link.stats.cutOff, 1);
  // What the agent can still read has no gap, and its position tells no more.
  let last = 0;
  for (;;) {
    const frames = await slow.socket.receive();
    if (!frames) break;
    for (const frame of frames) {
      const decoded = decode(String(frame));
      assert(decoded.ok);
      assertEquals(decoded.message.header.revision, ++last);
    }
  }
  assertEquals((await slow.socket.ended).code, 1013);
  assertEquals(last, sent - 1);
  const handed = bench.handed.filter(([name]) => name === "edged");
  assert(handed.at(-1)![1] <= last);
  assert(brisk.socket.bufferedBytes === 0);
  await brisk.leave();
});

Deno.test("AgentConnection, a burst above its bound does not end an agent that reads", async () => {
  await using bench = await startBench({
    edged: { limits: { agentBytesMax: 100_000 } },
  });
  const agent = await RawAgent.attach(bench);
  await until(() => bench.router.has("edged"), "attached");
  const content = "x".repeat(60_000);
  const give = (revision: number) =>
    bench.router.send("edged", {
      message: downward("a/pod/b", { content, revision }),
      from: "x",
    });
  // One batch of the processor: nothing is written in between.
  assertEquals([give(1), give(2), give(3)], [true, true, false]);
  // An answer does not come again, so it is taken.
  const answer = downward("a/pod/c", { operation: "response" });
  assert(bench.router.send("edged", { message: answer, from: "x" }));
  assertEquals((await agent.next()).header.revision, 1);
  assertEquals((await agent.next()).header.revision, 2);
  assertEquals((await agent.next()).route.operation, "response");
  assert(give(3));
  assertEquals((await agent.next()).header.revision, 3);
  assertEquals(bench.link.stats.cutOff, 0);
  await agent.leave();
});

Deno.test("AgentConnection, what a replaced agent still takes does not count", async () => {
  await using bench = await startBench();
  const first = await RawAgent.attach(bench);
  await until(() => bench.router.has("edged"), "attached");
  const content = "x".repeat(2_000_000);
  const message = downward("a/pod/b", { content, revision: 5 });
  assert(bench.router.send("edged", { message, from: "x" }));
  const second = await RawAgent.attach(bench);
  await until(() => bench.link.stats.replaced === 1, "replaced");
  assertEquals((await first.next()).header.revision, 5);
  assertEquals(await first.closeCode(), 4409);
  assertEquals(bench.handed, []);
  await second.leave();
});

Deno.test("AgentConnection, once cut off the rest of what it sent is not passed on", async () => {
  await using bench = await startBench({
    edged: { limits: { agentBytesMax: 1_000, stuckMs: 0 } },
  });
  const content = "x".repeat(2_000);
  bench.processor.onMessage = ({ from }) => {
    const message = downward("a/pod/b", { content });
    while (bench.router.has(from)) {
      bench.router.send(from, { message, from: "metamanager" });
    }
  };
  const agent = await RawAgent.attach(bench);
  for (const name of ["a", "b", "c"]) agent.send(upward(`x/podstatus/${name}`));
  assertEquals(await agent.closeCode(), 1013);
  assertEquals(bench.processor.received.length, 1);
});

Deno.test("AgentConnection, one message larger than the bound gets through", async () => {
  await using bench = await startBench({
    edged: { limits: { agentBytesMax: 1_000, stuckMs: 0 } },
    parts: { connection: () => connected },
  });
  bench.router.observe({
    registered: (module) => {
      const content = "x".repeat(100_000);
      const message = downward("a/pod/b", { content, revision: 1 });
      assert(module.receive({ message, from: "x" }));
    },
  });
  const agent = await RawAgent.attach(bench);
  assertEquals((await agent.next()).route.operation, "connect");
  assertEquals((await agent.next()).header.revision, 1);
  await agent.leave();
});

Deno.test("AgentConnection, too much at its very attachment ends it in order", async () => {
  await using bench = await startBench({
    edged: { limits: { agentBytesMax: 100_000, stuckMs: 0 } },
  });
  let taken = 0;
  bench.router.observe({
    registered: (module) => {
      const content = "x".repeat(60_000);
      const give = (revision: number) =>
        module.receive({
          message: downward("a/pod/b", { content, revision }),
          from: "x",
        });
      while (give(taken + 1)) taken++;
    },
  });
  const agent = await RawAgent.attach(bench);
  await until(() => taken === 2, "too much was given");
  assertEquals(bench.router.has("edged"), false);
  for (let i = 1; i <= 2; i++) {
    assertEquals((await agent.next()).header.revision, i);
  }
  assertEquals(await agent.closeCode(), 1013);
  assertEquals(taken, 2);
  await until(() => bench.router.modules().length === 1, "unregistered");
  assertEquals(bench.handed.at(-1), ["edged", 2]);
});

Deno.test("AgentConnection, tells of room once half its bound is free", async () => {
  await using bench = await startBench({
    edged: { limits: { agentBytesMax: 1_000_000 } },
  });
  const agent = await RawAgent.attach(bench);
  await until(() => bench.router.has("edged"), "attached");
  assertEquals(bench.router.room("edged"), undefined);
  const content = "x".repeat(100_000);
  let revision = 0;
  while (!bench.router.room("edged")) {
    const message = downward("a/pod/b", { content, revision: ++revision });
    assert(bench.router.send("edged", { message, from: "x" }));
  }
  const room = bench.router.room("edged")!;
  for (let i = 1; i <= revision; i++) await agent.next();
  await room;
  assertEquals(bench.router.room("edged"), undefined);
  await agent.leave();
});

Deno.test("AgentConnection, room is told when the agent leaves", async () => {
  await using bench = await startBench({
    edged: { limits: { agentBytesMax: 1_000_000 } },
  });
  const agent = await RawAgent.attach(bench);
  await until(() => bench.router.has("edged"), "attached");
  const content = "x".repeat(700_000);
  for (let i = 0; i < 2; i++) {
    bench.router.send("edged", {
      message: downward("a/pod/b", { content }),
      from: "x",
    });
  }
  const room = bench.router.room("edged");
  assert(room);
  agent.socket.abort();
  await room;
});

Deno.test("AgentConnection, an oversized message closes with 1009", async () => {
  await using bench = await startBench({
    edged: { limits: { messageBytesMax: 1_000 } },
  });
  const agent = await RawAgent.attach(bench);
  agent.send(upward("a/podstatus/b", "x".repeat(500)));
  agent.send(upward("a/podstatus/b", "x".repeat(1_000)));
  assertEquals(await agent.closeCode(), 1009);
  await until(() => !bench.router.has("edged"), "unregistered");
  assertEquals(bench.processor.received.length, 1);
});

Deno.test("AgentConnection, garbage after the handshake closes with 1002", async () => {
  await using bench = await startBench();
  const agent = await RawAgent.attach(bench);
  const other = await RawAgent.attach(bench, { target: "/attach/other" });
  await agent.stream.write(new Uint8Array([0xff, 0xff, 0xff, 0xff]));
  assertEquals(await agent.closeCode(), 1002);
  await until(() => bench.link.agents.length === 1, "detached");
  other.send(upward("a/podstatus/b"));
  await until(() => bench.processor.received.length === 1, "served");
  await other.leave();
});

Deno.test("AgentConnection, a silent agent is pinged, then closed with 1001", async () => {
  const clock = new HandClock();
  await using bench = await startBench({ parts: { clock } });
  const agent = await RawAgent.attach(bench);
  await until(() => bench.router.has("edged"), "attached");
  // Nobody reads here, so no ping is answered.
  clock.advance(15_000);
  assertEquals(bench.router.has("edged"), true);
  clock.advance(15_000);
  assertEquals(bench.router.has("edged"), false);
  assertEquals(bench.link.stats.silent, 1);
  assertEquals(await agent.closeCode(), 1001);
});

Deno.test("AgentConnection, an agent that answers pings stays", async () => {
  const clock = new HandClock();
  await using bench = await startBench({ parts: { clock } });
  const agent = await RawAgent.attach(bench);
  const reading = agent.closeCode();
  await until(() => bench.router.has("edged"), "attached");
  for (let i = 0; i < 10; i++) {
    const before = agent.socket.lastReceivedMs;
    clock.advance(15_000);
    await until(() => agent.socket.lastReceivedMs > before, "a ping came");
    // A message behind the pong shows that the pong has been read.
    const count = bench.processor.received.length;
    agent.send(upward("a/podstatus/b"));
    await until(() => bench.processor.received.length > count, "read");
  }
  assertEquals(bench.router.has("edged"), true);
  await agent.leave();
  await reading;
});

Deno.test("AgentConnection, is not silent while the processor is full", async () => {
  const clock = new HandClock();
  await using bench = await startBench({ parts: { clock }, capacity: 1 });
  bench.processor.held = true;
  const agent = await RawAgent.attach(bench);
  for (const name of ["a", "b"]) agent.send(upward(`x/podstatus/${name}`));
  await until(() => bench.link.stats.received === 2, "one waits");
  clock.advance(300_000);
  assertEquals(bench.router.has("edged"), true);
  bench.processor.held = false;
  bench.processor.work();
  await until(() => bench.processor.received.length === 2, "both");
  await agent.leave();
});

/** A reader of some frames, whose processor is full whenever `isFull` says so. */
function readerBench(count: number, isFull: () => boolean) {
  const clock = new SystemClock();
  const router = new Router(clock);
  const rooms: PromiseWithResolvers<void>[] = [];
  let taken = 0;
  let refused = false;
  router.register({
    name: "metamanager",
    group: "meta",
    receive: () => {
      refused = isFull();
      if (refused) return false;
      taken++;
      return true;
    },
    room: () => {
      if (!refused) return undefined;
      const room = Promise.withResolvers<void>();
      rooms.push(room);
      return room.promise;
    },
  });
  const batches = [
    Array.from({ length: count }, () => encode(upward("a/podstatus/b"))),
  ];
  const socket = {
    lastReceivedMs: 0,
    receive: () => Promise.resolve(batches.shift() ?? null),
  } as unknown as WebSocketConnection;
  const parts = {
    router,
    clock,
    stamp,
    log: keepingLog(),
    connection: () => undefined,
  };
  const reader = new AgentReader(parts, {
    module: "edged",
    socket,
    stats: newEdgedStats(),
    reply: () => undefined,
  });
  return { reader, rooms, taken: () => taken };
}

Deno.test("AgentReader, a wait for room leaves nothing behind", async () => {
  let isNext = false;
  const { reader, rooms, taken } = readerBench(200, () => isNext = !isNext);
  const counts = new Map<unknown, number>();
  const { then } = Promise.prototype;
  const counting: typeof then = function (
    this: Promise<unknown>,
    ...args: Parameters<typeof then>
  ) {
    counts.set(this, (counts.get(this) ?? 0) + 1);
    return then.apply(this, args);
  } as typeof then;
  Promise.prototype.then = counting;
  try {
    const running = reader.run();
    for (let i = 0; i < 200; i++) {
      for (let turn = 0; turn < 20 && rooms.length <= i; turn++) await null;
      rooms[i]!.resolve();
    }
    await running;
  } finally {
    Promise.prototype.then = then;
  }
  assertEquals(taken(), 200);
  const most = Math.max(0, ...counts.values());
  assert(most <= 2, `one promise was waited for ${most} times`);
});

Deno.test("AgentReader, stop ends its wait for room", async () => {
  const { reader, rooms, taken } = readerBench(2, () => true);
  const running = reader.run();
  for (let turn = 0; turn < 20 && rooms.length === 0; turn++) await null;
  assertEquals(rooms.length, 1);
  reader.stop();
  await running;
  assertEquals(taken(), 0);
});
