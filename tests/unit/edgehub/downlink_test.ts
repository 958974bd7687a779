import { assert, assertEquals } from "@std/assert";
import { BoundedQueue } from "../../../lib/base/mod.ts";
import { deliver } from "../../../lib/edgehub/downlink.ts";
import type { Message } from "../../../lib/message/mod.ts";
import { Router } from "../../../lib/router/mod.ts";
import { fromCloud } from "../../support/messages.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

/** A router with a processor that takes so many messages. */
function world(capacity = 10, roomMax = capacity) {
  const clock = new VirtualClock();
  const router = new Router(clock);
  const inbox = new BoundedQueue<Message>(capacity, undefined, roomMax);
  const unregister = router.register({
    name: "metamanager",
    group: "meta",
    receive: ({ message, from, heapBytes }) => {
      assertEquals([from, heapBytes], ["websocket", 7]);
      return inbox.push(message);
    },
    room: () => inbox.room(),
  });
  const waits: Promise<void>[] = [];
  const wait = async (room: Promise<void>) => {
    waits.push(room);
    await room;
    return true;
  };
  const give = (message: Message) =>
    deliver(message, { router, wait, heapBytes: 7 });
  return { clock, router, inbox, unregister, waits, give };
}

const pod = (group?: string) =>
  fromCloud(
    "insert",
    "default/pod/a",
    {},
    group === undefined ? {} : { group },
  );

Deno.test("deliver, groups of the processor reach it", async () => {
  const { give, inbox } = world();
  for (const group of ["resource", "func", "meta", ""]) {
    assertEquals(await give(pod(group)), { kind: "delivered" });
  }
  const { group: _, ...route } = pod().route;
  assertEquals((await give({ ...pod(), route })).kind, "delivered");
  assertEquals(inbox.length, 5);
});

Deno.test("deliver, A6: waits for room, in order, drops nothing", async () => {
  const { give, inbox, waits, clock } = world(1);
  const first = pod(), second = pod();
  await give(first);
  const later = give(second);
  await clock.settle();
  assertEquals([inbox.length, waits.length], [1, 1]);
  assertEquals(inbox.shift(), first);
  assertEquals(await later, { kind: "delivered" });
  assertEquals(inbox.shift(), second);
});

Deno.test("deliver, waits for room where more would be taken", async () => {
  const { give, inbox, waits, clock } = world(10, 1);
  await give(pod());
  const later = give(pod());
  await clock.settle();
  assertEquals([inbox.length, waits.length], [1, 1]);
  inbox.shift();
  assertEquals(await later, { kind: "delivered" });
});

Deno.test("deliver, a link that closes while it waits delivers no more", async () => {
  const { router, inbox } = world(1);
  const options = { router, heapBytes: 7, wait: () => Promise.resolve(false) };
  await deliver(pod(), options);
  assertEquals(await deliver(pod(), options), { kind: "abandoned" });
  assertEquals(inbox.length, 1);
});

Deno.test("deliver, without a processor nothing is delivered and nothing refused for good", async () => {
  const { give, unregister, router } = world();
  unregister();
  assertEquals((await give(pod())).kind, "unavailable");
  // One that has stopped takes nothing and promises no room.
  router.register({
    name: "metamanager",
    group: "meta",
    receive: () => false,
  });
  assertEquals((await give(pod())).kind, "unavailable");
});

Deno.test("deliver, other groups go to their modules, each in full", async () => {
  const { give, router, inbox, clock } = world();
  const queues = [new BoundedQueue<Message>(1), new BoundedQueue<Message>(9)];
  queues.forEach((queue, i) =>
    router.register({
      name: `twin-${i}`,
      group: "twin",
      receive: ({ message }) => queue.push(message),
      room: () => queue.room(),
    })
  );
  assertEquals((await give(pod("twin"))).kind, "delivered");
  const second = give(pod("twin"));
  await clock.settle();
  assertEquals(queues.map((queue) => queue.length), [1, 2]);
  queues[0]?.shift();
  assertEquals((await second).kind, "delivered");
  assertEquals(queues.map((queue) => queue.length), [1, 2]);
  assertEquals(inbox.length, 0);
});

Deno.test("deliver, a full module that promises no room is told of, not passed over", async () => {
  const { give, router } = world();
  router.register({ name: "bus", group: "bus", receive: () => false });
  const delivery = await give(pod("bus"));
  assertEquals(delivery.kind, "unavailable");
  assert(delivery.kind === "unavailable" && delivery.why.includes("bus"));
});

Deno.test("deliver, a group without module is refused with what the answer needs", async () => {
  const { give } = world();
  const message = pod("user");
  assertEquals(await give(message), {
    kind: "refused",
    fault: {
      kind: "not-allowed",
      text: "No module here in group: user",
      msgId: message.header.msg_id,
      operation: "insert",
      resource: "default/pod/a",
      group: "user",
      source: "edgecontroller",
    },
  });
});

Deno.test("deliver, the cloud addresses neither agents past the store nor the link itself", async () => {
  const { give, router } = world();
  let got = 0;
  for (const [name, group] of [["edged", "edged"], ["websocket", "hub"]]) {
    router.register({
      name: name!,
      group: group!,
      receive: () => got++ >= 0,
    });
    assertEquals((await give(pod(group))).kind, "refused");
  }
  assertEquals(got, 0);
});

Deno.test("deliver, an answer reaches who waits for it, and the processor", async () => {
  const { give, router, inbox } = world();
  router.register({ name: "sink", group: "sink", receive: () => true });
  const request = fromCloud("query", "a/b/c", null);
  const waiting = router.sendSync("sink", { message: request, from: "x" }, {
    timeoutMs: 1000,
  });
  const parentId = request.header.msg_id;
  const answer = fromCloud("response", "a/b/c", {}, { parentId });
  assertEquals((await give(answer)).kind, "delivered");
  assertEquals(await waiting, answer);
  assertEquals(inbox.shift(), answer);
});

Deno.test("deliver, an answer of another group is for who waits, and else for its module", async () => {
  const { give, router } = world();
  router.register({ name: "sink", group: "sink", receive: () => true });
  const request = fromCloud("query", "a/b/c", null);
  const waiting = router.sendSync("sink", { message: request, from: "x" }, {
    timeoutMs: 1000,
  });
  const answer = fromCloud("response", "a/b/c", 1, {
    parentId: request.header.msg_id,
    group: "user",
  });
  assertEquals((await give(answer)).kind, "delivered");
  assertEquals(await waiting, answer);
  assertEquals((await give(answer)).kind, "refused");
});
