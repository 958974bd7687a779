import { assertEquals } from "@std/assert";
import { BoundedQueue } from "../../../lib/base/mod.ts";
import { ConnectionNews } from "../../../lib/edgehub/connection_news.ts";
import { type Message, newMessage } from "../../../lib/message/mod.ts";
import { Router } from "../../../lib/router/mod.ts";
import { TEST_STAMP } from "../../support/messages.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

function world() {
  const clock = new VirtualClock();
  const router = new Router(clock);
  const errors: unknown[] = [];
  const news = new ConnectionNews({
    router,
    message: (group, connected) =>
      newMessage(TEST_STAMP, {
        source: "edgehub",
        group,
        operation: "connect",
        resource: "node/connection",
        content: connected,
      }),
    onError: (error) => errors.push(error),
  });
  const module = (name: string, group: string, capacity = 99) => {
    const queue = new BoundedQueue<Message>(capacity);
    const leave = router.register({
      name,
      group,
      receive: ({ message, from }) => {
        assertEquals(from, "edgehub");
        return queue.push(message);
      },
      room: () => queue.room(),
    });
    const take = async () => {
      const all: unknown[] = [];
      for (let next; (next = queue.shift());) {
        all.push(next.content);
        await clock.settle();
      }
      return all;
    };
    return { queue, leave, take };
  };
  return { clock, router, news, errors, module };
}

Deno.test("ConnectionNews, every module is told under its group, the link is not", () => {
  const { news, module } = world();
  const [a, b, hub] = [
    module("metamanager", "meta"),
    module("edged", "edged"),
    module("websocket", "hub"),
  ];
  news.tell(true);
  assertEquals(a.queue.shift()?.route.group, "meta");
  assertEquals(b.queue.shift()?.route.group, "edged");
  assertEquals(hub.queue.length, 0);
});

Deno.test("ConnectionNews, a full module is told when it has room", async () => {
  const { news, module, clock, errors } = world();
  const { queue, take } = module("metamanager", "meta", 1);
  news.tell(true);
  news.tell(false);
  await clock.settle();
  assertEquals(queue.length, 1);
  assertEquals(await take(), [true, false]);
  // And is told at once again after that.
  news.tell(true);
  assertEquals(await take(), [true]);
  assertEquals(errors, []);
});

Deno.test("ConnectionNews, for a full module a loss and a return cancel out, the last always comes", async () => {
  for (const flaps of [2, 3, 4, 9, 10]) {
    const { news, module } = world();
    const { take } = module("metamanager", "meta", 1);
    news.tell(true);
    const told = Array.from({ length: flaps }, (_, i) => i % 2 === 1);
    for (const connected of told) news.tell(connected);
    const got = await take();
    assertEquals(got.at(-1), told.at(-1), `${flaps}`);
    assertEquals(got.length <= 3, true, `${flaps}`);
    // Never the same twice in a row.
    assertEquals(got.some((one, i) => i > 0 && one === got[i - 1]), false);
  }
});

Deno.test("ConnectionNews, a module that is full does not hold up others", () => {
  const { news, module } = world();
  module("slow", "bus", 1);
  const fast = module("fast", "twin");
  for (let i = 0; i < 5; i++) news.tell(i % 2 === 0);
  assertEquals(fast.queue.length, 5);
});

Deno.test("ConnectionNews, a module that left while it was full is forgotten", async () => {
  const { news, module, clock, errors } = world();
  const first = module("metamanager", "meta", 1);
  news.tell(true);
  news.tell(false);
  first.leave();
  await first.take();
  const second = module("metamanager", "meta");
  news.tell(true);
  await clock.settle();
  assertEquals(await second.take(), [true]);
  assertEquals(errors, []);
});

Deno.test("ConnectionNews, a module that is full and promises no room is left alone", async () => {
  const { news, router, clock } = world();
  let calls = 0;
  router.register({
    name: "a",
    group: "bus",
    receive: () => {
      calls++;
      return false;
    },
  });
  news.tell(true);
  await clock.settle();
  news.tell(false);
  await clock.settle();
  assertEquals(calls, 2);
});

Deno.test("ConnectionNews, a change in the moment in which the last one that waited was taken is not lost", async () => {
  for (const ticks of [1, 2, 3, 4, 5]) {
    const { news, router, clock } = world();
    const queue = new BoundedQueue<unknown>(1);
    router.register({
      name: "metamanager",
      group: "meta",
      receive: ({ message }) => {
        const isTaken = queue.push(message.content);
        if (isTaken && message.content === false) void tellLater();
        return isTaken;
      },
      room: () => queue.room(),
    });
    const tellLater = async () => {
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      queue.shift();
      news.tell(true);
    };
    news.tell(true);
    news.tell(false);
    queue.shift();
    await clock.settle();
    assertEquals(queue.shift(), true, `after ${ticks} ticks`);
  }
});
