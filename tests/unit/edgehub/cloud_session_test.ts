import { assert, assertEquals, assertMatch } from "@std/assert";
import { BoundedQueue } from "../../../lib/base/mod.ts";
import { LinkError } from "../../../lib/edgehub/mod.ts";
import {
  encode,
  type Message,
  newMessage,
  newOk,
} from "../../../lib/message/mod.ts";
import { fromCloud, pod, TEST_STAMP } from "../../support/messages.ts";
import { SessionWorld } from "./session_world.ts";

/** A processor that keeps what it gets, up to a bound. */
function processor(world: SessionWorld, capacity = 100_000) {
  const queue = new BoundedQueue<Message>(capacity);
  let most = 0;
  world.router.register({
    name: "metamanager",
    group: "meta",
    receive: ({ message }) => {
      const taken = queue.push(message);
      most = Math.max(most, queue.length);
      return taken;
    },
    room: () => queue.room(),
  });
  return { queue, most: () => most };
}

const insert = (name: string, version = 1) =>
  fromCloud("insert", `default/pod/${name}`, pod(name, version));

/** A message for the uplink. */
const report = (content: unknown) =>
  newMessage(TEST_STAMP, {
    source: "metamanager",
    group: "resource",
    operation: "update",
    resource: "default/podstatus/a",
    content,
  });

Deno.test("CloudSession, the first frame is the keepalive, then a query of the own node", async () => {
  const world = new SessionWorld();
  await world.clock.settle();
  const [first, second, ...rest] = world.received.map(({ message }) => message);
  assertEquals(rest, []);
  assertEquals(Object.keys(first!.header), ["msg_id", "timestamp"]);
  assertEquals(first!.header.timestamp, world.clock.now());
  assertEquals(first!.route, {
    source: "websocket",
    group: "resource",
    operation: "keepalive",
    resource: "node",
  });
  assertEquals(first!.content, "ping");
  assertEquals(second!.route, {
    source: "metamanager",
    group: "meta",
    operation: "query",
    resource: "null/node/edge-1",
  });
  assertEquals(second!.content, null);
  await world.end();
});

Deno.test("CloudSession, a keepalive every heartbeat, new each time, until the end", async () => {
  const world = new SessionWorld({ heartbeatMs: 15_000 });
  await world.tell(insert("a"));
  await world.clock.advance(60_000);
  const beats = world.received.filter(({ message }) =>
    message.route.operation === "keepalive"
  );
  assertEquals(beats.map(({ atMs }) => atMs), [
    0,
    15_000,
    30_000,
    45_000,
    60_000,
  ]);
  const ids = new Set(beats.map(({ message }) => message.header.msg_id));
  assertEquals(ids.size, 5);
  await world.end();
});

Deno.test("CloudSession, proven by the first frame of the cloud and only then, once", async () => {
  for (const first of [insert("a"), "no JSON"]) {
    const world = new SessionWorld();
    processor(world);
    await world.clock.advance(5000);
    assertEquals([world.session.proven, world.proven.length], [false, 0]);
    await world.tell(first, insert("b"));
    assertEquals(world.session.proven, true);
    assertEquals(world.proven, [5000]);
    await world.end();
  }
});

Deno.test("CloudSession, D1 half_open_link_detected: a silent cloud is given up", async () => {
  const world = new SessionWorld({ reads: false });
  processor(world);
  await world.tell(insert("a"));
  await world.clock.advance(14_500);
  assertEquals(world.isDone, false);
  await world.clock.advance(1600);
  assertEquals(world.isDone, true);
  assertEquals(world.session.givenUp?.kind, "silent");
  await world.end();
});

Deno.test("CloudSession, D3: a mute cloud is given up after 30 s, though it answers pings", async () => {
  const world = new SessionWorld();
  await world.clock.advance(29_500);
  assertEquals(world.isDone, false);
  await world.clock.advance(1600);
  assertEquals(world.session.givenUp?.kind, "mute");
  await world.done;
  await world.end();
});

Deno.test("CloudSession, a cloud that takes nothing is given up after the write deadline", async () => {
  const world = new SessionWorld({
    capacityBytes: 2000,
    reads: false,
    deadlines: { readDeadlineMs: 100_000 },
  });
  processor(world);
  await world.tell(insert("a"));
  world.session.send(report("x".repeat(10_000)));
  await world.clock.advance(9500);
  assertEquals(world.isDone, false);
  await world.clock.advance(1600);
  assertEquals(world.session.givenUp?.kind, "stuck");
  await world.done;
  await world.end();
});

Deno.test("CloudSession, messages reach the processor in order, answers go back", async () => {
  const world = new SessionWorld();
  const { queue } = processor(world);
  const sent = Array.from({ length: 50 }, (_, i) => insert(`p-${i}`));
  await world.tell(...sent);
  for (const message of sent) assertEquals(queue.shift(), message);
  assert(world.session.send(newOk(TEST_STAMP, sent[0]!)));
  await world.clock.settle();
  assertEquals(
    world.got("response").map(({ header }) => header.parent_msg_id),
    [sent[0]!.header.msg_id],
  );
  await world.end();
});

Deno.test("CloudSession, binary frames are read as text is", async () => {
  const world = new SessionWorld();
  const { queue } = processor(world);
  const message = insert("a");
  world.cloud.send(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
  await world.clock.settle();
  assertEquals(queue.shift(), message);
  await world.end();
});

Deno.test("CloudSession, viaduct's control operations are answered with ack and go no further", async () => {
  const world = new SessionWorld();
  const { queue } = processor(world);
  const asked = ["ping", "config", "pong"].map((operation) =>
    fromCloud(operation, "node", null)
  );
  await world.tell(...asked);
  const answers = world.got("response");
  assertEquals(answers.map(({ content }) => content), ["ack", "ack", "ack"]);
  assertEquals(
    answers.map(({ header }) => header.parent_msg_id),
    asked.map(({ header }) => header.msg_id),
  );
  assertEquals(answers[0]?.route.source, "edgecontroller");
  assertEquals(queue.length, 0);
  await world.end();
});

Deno.test("CloudSession, I2 malformed_message_is_contained: a fault with an id is answered by a response, without only counted", async () => {
  const world = new SessionWorld();
  const { queue } = processor(world);
  await world.tell(
    "no JSON",
    "[]",
    "{}",
    '{"header":{"msg_id":""},"route":{}}',
    JSON.stringify({ header: { msg_id: "7" }, route: { resource: "a/b/c" } }),
    JSON.stringify({
      header: { msg_id: "8", timestamp: 1.5 },
      route: { source: "edgecontroller", operation: "insert", resource: "x" },
    }),
    insert("good"),
  );
  assertEquals(world.faults.map(({ kind }) => kind), [
    "not-json",
    "not-a-message",
    "bad-header",
    "bad-header",
    "bad-route",
    "bad-header",
  ]);
  const answers = world.got("response");
  assertEquals(
    answers.map(({ header }) => header.parent_msg_id),
    ["7", "8"],
  );
  assertMatch(String(answers[0]?.content), /operation/);
  assertMatch(String(answers[1]?.content), /timestamp/);
  assertEquals(queue.length, 1);
  await world.end();
});

Deno.test("CloudSession, a message above the default bound but within the link's is taken", async () => {
  const world = new SessionWorld({
    messageBytesMax: 64 << 20,
    capacityBytes: 1 << 22,
  });
  const { queue } = processor(world);
  const large = fromCloud("insert", "default/pod/a", "x".repeat(33 << 20));
  await world.tell(large);
  while (queue.length === 0 && !world.isDone) await world.clock.settle();
  assertEquals(queue.shift()?.header.msg_id, large.header.msg_id);
  assertEquals(world.faults, []);
  await world.end();
});

Deno.test("CloudSession, a group without a module is answered, once and for all", async () => {
  const world = new SessionWorld();
  processor(world);
  const message = fromCloud("insert", "a/b/c", {}, { group: "user" });
  await world.tell(message);
  assertEquals(world.faults[0]?.kind, "not-allowed");
  const [answer] = world.got("response");
  assertEquals(answer?.header.parent_msg_id, message.header.msg_id);
  assertEquals(answer?.content, "No module here in group: user");
  await world.end();
});

Deno.test("CloudSession, what no processor takes is not acked: an error makes the cloud repeat it", async () => {
  const world = new SessionWorld();
  const message = insert("a");
  const answer = fromCloud("response", "a/b/c", {}, { parentId: "1" });
  await world.tell(message, answer);
  assertEquals(world.got("response"), []);
  const errors = world.got("error");
  assertEquals(errors.map(({ header }) => header.parent_msg_id), [
    message.header.msg_id,
  ]);
  await world.end();
});

Deno.test("CloudSession, an answer is handed to sendSync and to the processor", async () => {
  const world = new SessionWorld();
  const { queue } = processor(world);
  world.router.register({
    name: "websocket",
    group: "hub",
    receive: ({ message }) => world.session.send(message),
  });
  const request = report("question");
  const waiting = world.router.sendSync(
    "websocket",
    { message: request, from: "x" },
    { timeoutMs: 1000 },
  );
  await world.clock.settle();
  const answer = fromCloud("response", "default/podstatus/a", "fine", {
    parentId: request.header.msg_id,
  });
  await world.tell(answer);
  assertEquals(await waiting, answer);
  assertEquals(queue.shift(), answer);
  await world.end();
});

Deno.test("CloudSession, A6 burst_beyond_window_loses_nothing: a full inbox stops reading, nothing is lost", async () => {
  const world = new SessionWorld();
  const { queue, most } = processor(world, 100);
  const sent = Array.from({ length: 10_000 }, (_, i) => insert("a", i));
  await world.tell(...sent);
  assertEquals(queue.length, 100);
  // What is not read waits at the cloud, not here.
  assert(world.cloud.bufferedBytes > 1_000_000);
  const got: Message[] = [];
  while (got.length < sent.length) {
    for (let i = 0; i < 100; i++) {
      const message = queue.shift();
      if (message) got.push(message);
    }
    await world.clock.settle();
  }
  assertEquals(
    got.map(({ header }) => header.msg_id),
    sent.map(({ header }) => header.msg_id),
  );
  assert(most() <= 100);
  await world.end();
});

Deno.test("CloudSession, A7 full_queue_pushes_back: each consumer stands still for a minute under load, nothing is lost", async () => {
  const world = new SessionWorld({
    reads: false,
    deadlines: { readDeadlineMs: 3_600_000, writeDeadlineMs: 3_600_000 },
  });
  const { queue, most } = processor(world, 256);
  const sent = Array.from({ length: 10_000 }, (_, i) => insert("a", i));
  await world.tell(...sent);
  // The processor takes nothing: the link stops reading.
  await world.clock.advance(60_000);
  assertEquals(queue.length, 256);
  const acked: string[] = [];
  const work = async () => {
    for (let i = 0; i < 256; i++) {
      const message = queue.shift();
      if (!message) return;
      // Acks are never refused.
      assert(world.session.send(newOk(TEST_STAMP, message)));
      acked.push(message.header.msg_id);
    }
    await world.clock.settle();
  };
  for (let i = 0; i < 10; i++) await work();
  // The cloud takes nothing: what is not under way waits here, in bounds.
  await world.clock.advance(60_000);
  assert(world.session.bufferedBytes > 0);
  assert(most() <= 256);
  void world.read();
  while (acked.length < sent.length) {
    await work();
    await world.clock.settle();
  }
  await world.clock.advance(1000);
  const ids = sent.map(({ header }) => header.msg_id);
  assertEquals(acked, ids);
  assertEquals(
    world.got("response").map(({ header }) => header.parent_msg_id),
    ids,
  );
  assertEquals([world.isDone, world.faults.length], [false, 0]);
  await world.end();
});

Deno.test("CloudSession, a link is not called dead while its inbox is full", async () => {
  const world = new SessionWorld();
  const { queue } = processor(world, 1);
  await world.tell(insert("a"), insert("b"));
  await world.clock.advance(600_000);
  assertEquals(world.isDone, false);
  assertEquals(world.got("keepalive").length, 41);
  assertEquals([world.session.isPaused, world.session.pauses], [true, 1]);
  queue.shift();
  await world.clock.settle();
  assertEquals(queue.length, 1);
  assertEquals([world.session.isPaused, world.session.pauses], [false, 1]);
  // It is read again: silence counts from now on, and pings are answered.
  await world.clock.advance(60_000);
  assertEquals(world.isDone, false);
  await world.end();
});

Deno.test("CloudSession, after a full inbox silence counts again", async () => {
  const world = new SessionWorld({ reads: false });
  const { queue } = processor(world, 1);
  await world.tell(insert("a"), insert("b"));
  await world.clock.advance(60_000);
  assertEquals(world.isDone, false);
  queue.shift();
  await world.clock.advance(16_100);
  assertEquals(world.session.givenUp?.kind, "silent");
  await world.end();
});

Deno.test("CloudSession, D5 keepalive_and_acks_overtake_data", async () => {
  // A thin uplink: a second takes 8 kB, of which 1 MB waits.
  const world = new SessionWorld({
    capacityBytes: 8000,
    reads: false,
    heartbeatMs: 5000,
    deadlines: { readDeadlineMs: 3_600_000, writeDeadlineMs: 3_600_000 },
  });
  processor(world);
  const waiting = insert("a");
  await world.tell(waiting);
  for (let i = 0; i < 1000; i++) world.session.send(report("x".repeat(1000)));
  const queuedBytes = world.session.bufferedBytes;
  assert(queuedBytes > 1_000_000);
  await world.clock.advance(5000);
  const ack = newOk(TEST_STAMP, waiting);
  world.session.send(ack);
  void world.read();
  await world.clock.settle();
  const order = world.received.map(({ message }) => message);
  const ackAt = order.findIndex(({ header }) =>
    header.msg_id === ack.header.msg_id
  );
  const beatAt = order.findLastIndex(({ route }) =>
    route.operation === "keepalive"
  );
  // Only what was being written when they were queued went before them.
  const before = (at: number) =>
    order.slice(0, at).filter(({ route }) => route.operation === "update")
      .length;
  assert(before(ackAt) > 0 && before(ackAt) <= 256, `${before(ackAt)}`);
  assert(before(beatAt) <= 256, `${before(beatAt)}`);
  assertEquals(order.length > 1000, true);
  await world.end();
});

/** Sends a backlog of 1 kB messages as the outbox does; ends with the link. */
async function backlog(world: SessionWorld, count: number): Promise<void> {
  const message = report("x".repeat(1000));
  for (let i = 0; i < count; i++) {
    for (let room; (room = world.session.room());) await room;
    if (!world.session.send(message)) return;
  }
}

function gapsOf(times: readonly number[]): number[] {
  return times.slice(1).map((atMs, i) => atMs - times[i]!);
}

Deno.test("CloudSession, D5 keepalive_and_acks_overtake_data: 64 kbit/s with 50 MB waiting for 10 minutes", async () => {
  for (const perSecond of [0, 30]) {
    const world = new SessionWorld({
      // A kernel takes 4 MB at once, which are nine minutes here.
      thin: { bytesPerSecond: 8000, kernelBytes: 4 << 20 },
      rate: { perSecond, burst: 60 },
      heartbeatMs: 15_000,
    });
    processor(world);
    await world.tell(insert("a"));
    void backlog(world, 50_000);
    const askedMs: number[] = [], ackedMs: number[] = [];
    for (let i = 0; i < 60; i++) {
      await world.clock.advance(7000);
      const waiting = insert("a", i);
      await world.tell(waiting);
      const ack = newOk(TEST_STAMP, waiting);
      askedMs.push(world.clock.monotonic());
      world.session.send(ack);
      await world.clock.advance(3000);
      const came = world.received.find(({ message }) =>
        message.header.msg_id === ack.header.msg_id
      );
      ackedMs.push(came?.atMs ?? Infinity);
    }
    assertEquals(world.isDone, false);
    const beats = world.received.filter(({ message }) =>
      message.route.operation === "keepalive"
    );
    assert(beats.length >= 40, `${beats.length} keepalives`);
    const gapMs = Math.max(...gapsOf(beats.map(({ atMs }) => atMs)));
    assert(gapMs <= 16_000, `a gap of ${gapMs} ms`);
    const lateMs = Math.max(...ackedMs.map((atMs, i) => atMs - askedMs[i]!));
    assert(lateMs <= 1500, `an ack ${lateMs} ms late`);
    // The link was used: 8 kB a second make 4.8 MB.
    const data = world.got("update").length;
    assert(data >= 3700, `${data} messages of data`);
    await world.end();
  }
});

Deno.test("CloudSession, F7 idle_traffic_budget: an idle link for an hour", async () => {
  const world = new SessionWorld();
  const { queue } = processor(world);
  let bytes = 0, answered = 0;
  for (let second = 0; second < 3600; second++) {
    await world.clock.advance(1000);
    for (const query of world.got("query").slice(answered)) {
      answered++;
      const answer = fromCloud("response", query.route.resource, {
        Object: { metadata: { name: "edge-1" }, spec: "x".repeat(600) },
        Err: null,
      }, { parentId: query.header.msg_id });
      bytes += encode(answer).length;
      await world.tell(answer);
    }
  }
  assertEquals([world.isDone, world.session.givenUp], [false, undefined]);
  assert(answered >= 59 && answered <= 61, `${answered} questions`);
  // Only the answer to the first question, about the node, went further.
  assertEquals(queue.length, 1);
  // On the socket: header of the frame and TLS record around each message,
  // and the pings that tell a silent link from a dead one.
  const around = 36, pings = 3600 / 7.5;
  for (const { message } of world.received) bytes += encode(message).length;
  bytes += (world.received.length + answered + 2 * pings) * around;
  assert(bytes * 24 < 5_000_000, `${bytes * 24} bytes a day`);
  await world.end();
});

Deno.test("CloudSession, data is refused above the uplink's bound, answers never", async () => {
  const world = new SessionWorld({ capacityBytes: 100, reads: false });
  processor(world);
  assertEquals(world.session.room(), undefined);
  const large = report("x".repeat(1 << 20));
  let taken = 0;
  while (world.session.send(large)) taken++;
  assertEquals(taken, 8);
  assertEquals(world.session.send(newOk(TEST_STAMP, large)), true);
  const room = world.session.room();
  assert(room);
  void world.read();
  await room;
  assertEquals(world.session.room(), undefined);
  assertEquals(world.session.send(large), true);
  await world.end();
});

Deno.test("CloudSession, a full uplink stops reading", async () => {
  const world = new SessionWorld({
    reads: false,
    capacityBytes: 1000,
    deadlines: { writeDeadlineMs: 3_600_000 },
  });
  const { queue } = processor(world);
  while (world.session.send(report("x".repeat(1 << 20))));
  await world.tell(insert("a"));
  // Read, but after it nothing more.
  await world.tell(insert("b"));
  await world.clock.advance(60_000);
  assertEquals(queue.length, 1);
  void world.read();
  while (world.session.room()) await world.clock.settle();
  await world.clock.settle();
  assertEquals(queue.length, 2);
  await world.end();
});

Deno.test("CloudSession, after the end nothing is sent", async () => {
  const world = new SessionWorld();
  world.cloud.abort();
  await world.done;
  assertEquals(world.session.givenUp, undefined);
  assertEquals(world.session.send(report(1)), false);
  assertEquals(world.session.send(newOk(TEST_STAMP, report(1))), false);
  assertEquals(world.session.room(), undefined);
  await world.end();
});

Deno.test("CloudSession, drain reads no more, lets all leave and keeps the link", async () => {
  const world = new SessionWorld({ reads: false, capacityBytes: 500 });
  const { queue } = processor(world);
  world.session.send(report("x".repeat(5000)));
  let drained = false;
  const draining = world.session.drain().then(() => {
    drained = true;
  });
  await world.clock.settle();
  assertEquals(drained, false);
  void world.read();
  await draining;
  // What comes now is not taken, and so not acked.
  await world.tell(insert("late"));
  assertEquals(queue.length, 0);
  assertEquals(world.isDone, false);
  assertEquals(world.session.send(newOk(TEST_STAMP, insert("x"))), true);
  await world.clock.settle();
  assertEquals(world.got("response").length, 1);
  const closing = world.session.close(1000, "node stops");
  await world.clock.advance(1000);
  await closing;
  await world.end();
});

Deno.test("CloudSession, D4: close says goodbye behind what waits", async () => {
  const world = new SessionWorld();
  processor(world);
  await world.tell(insert("a"));
  world.session.send(report("last"));
  const closing = world.session.close(1000, "node stops");
  await world.clock.advance(1000);
  await closing;
  await world.done;
  assertEquals(world.got("update").length, 1);
  const end = await world.cloud.ended;
  assertEquals([end.by, end.code, end.reason], ["peer", 1000, "node stops"]);
  await world.end();
});

Deno.test("CloudSession, close ends the wait for room, and drops what nobody took", async () => {
  const world = new SessionWorld();
  const { queue } = processor(world, 1);
  await world.tell(insert("a"), insert("b"), insert("c"));
  const closing = world.session.close(1000, "node stops");
  await world.clock.advance(1000);
  await closing;
  await world.done;
  assertEquals(queue.length, 1);
  await world.end();
});

Deno.test("CloudSession, a close that the cloud does not answer is forced", async () => {
  const world = new SessionWorld({ reads: false });
  let closed = false;
  const closing = world.session.close(1000, "node stops").then(() => {
    closed = true;
  });
  await world.clock.advance(900);
  assertEquals(closed, false);
  await world.clock.advance(200);
  await closing;
  await world.end();
});

Deno.test("CloudSession, what came before the cloud's end is still delivered", async () => {
  const world = new SessionWorld();
  const { queue } = processor(world, 1);
  await world.tell(insert("a"), insert("b"), insert("c"));
  world.cloud.abort();
  await world.clock.settle();
  const got: Message[] = [];
  for (let i = 0; i < 3; i++) {
    const message = queue.shift();
    if (message) got.push(message);
    await world.clock.settle();
  }
  assertEquals(got.length, 3);
  await world.done;
  await world.end();
});

Deno.test("CloudSession, giveUp ends at once with the first reason", async () => {
  const world = new SessionWorld();
  const first = new LinkError("silent", "first");
  world.session.giveUp(first);
  world.session.giveUp(new LinkError("stuck", "second"));
  await world.done;
  assertEquals(world.session.givenUp, first);
  await world.end();
});

Deno.test("CloudSession, a module that breaks its contract ends the session, not more", async () => {
  const world = new SessionWorld();
  world.done.catch(() => {});
  world.router.register({
    name: "metamanager",
    group: "meta",
    receive: () => {
      throw new Error("defect");
    },
  });
  world.cloud.send(JSON.stringify(insert("a")));
  const error = await world.done.catch((e: Error) => e);
  assert(error instanceof Error && error.message === "defect");
  assertEquals((await world.connection.ended).by, "us");
  world.cloud.abort();
  await world.clock.settle();
  assertEquals(world.clock.pending, 0);
});
