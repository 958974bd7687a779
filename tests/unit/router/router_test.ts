import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";
import { newOk } from "../../../lib/message/mod.ts";
import {
  NoReceiverError,
  QueueFullError,
  ReplyTimeoutError,
  Router,
  RouterClosedError,
} from "../../../lib/router/mod.ts";
import { fromEdged, TEST_STAMP } from "../../support/messages.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";
import { envelope, module } from "./modules.ts";

/** What a promise has come to by now. */
async function outcomeOf(
  clock: VirtualClock,
  promise: Promise<unknown>,
): Promise<unknown> {
  let outcome: unknown = "waits";
  promise.then((value) => outcome = value, (error) => outcome = error);
  await clock.settle();
  return outcome;
}

Deno.test("Router.send, hands over at once, in order, the very message", () => {
  const router = new Router(new VirtualClock());
  const log: string[] = [];
  const edged = module("edged", { log });
  router.register(edged);
  const first = envelope("a/b/1");
  assertEquals(router.send("edged", first), true);
  assertEquals(log, ["edged a/b/1"]);
  router.send("edged", envelope("a/b/2"));
  assertEquals(log, ["edged a/b/1", "edged a/b/2"]);
  assertStrictEquals(edged.got[0], first);
});

Deno.test("Router.send, to nobody says so", () => {
  const router = new Router(new VirtualClock());
  router.register(module("edged", { group: "pods" }));
  const error = assertThrows(
    () => router.send("websocket", envelope()),
    NoReceiverError,
  ) as NoReceiverError;
  assertEquals(
    error.message,
    'Cannot send: no module named "websocket" is registered',
  );
  assertEquals([error.name, error.receiver], ["NoReceiverError", "websocket"]);
  // A group is no module.
  assertThrows(() => router.send("pods", envelope()), NoReceiverError);
});

Deno.test("Router.send, tells that a queue is full", () => {
  const router = new Router(new VirtualClock());
  const edged = module("edged", { takes: 1 });
  router.register(edged);
  assertEquals(router.send("edged", envelope()), true);
  assertEquals(router.send("edged", envelope()), false);
  assertEquals(edged.got.length, 1);
});

Deno.test("Router.sendToGroup, reaches each member and names those that are full", () => {
  const router = new Router(new VirtualClock());
  const log: string[] = [];
  router.register(module("a", { log }));
  router.register(module("b", { log, takes: 0 }));
  router.register(module("other", { group: "hub", log }));
  router.register(module("c", { log }));
  assertEquals(router.sendToGroup("edged", envelope("x/y/z")), ["b"]);
  assertEquals(log, ["a x/y/z", "c x/y/z"]);
});

Deno.test("Router.sendToGroup, to an empty group says so", () => {
  const router = new Router(new VirtualClock());
  const unregister = router.register(module("twin", { group: "twin" }));
  assertEquals(router.sendToGroup("twin", envelope()), []);
  unregister();
  const error = assertThrows(
    () => router.sendToGroup("twin", envelope()),
    NoReceiverError,
  ) as NoReceiverError;
  assertEquals(
    error.message,
    'Cannot send: no group named "twin" is registered',
  );
  assertEquals(error.receiver, "twin");
});

Deno.test("Router.sendToGroup, members may come and go while they are handed the message", () => {
  const router = new Router(new VirtualClock());
  const log: string[] = [];
  const late = module("late", { log });
  const gone = module("gone", { log });
  let unregister = () => {};
  const restless = {
    ...module("restless"),
    receive: () => {
      log.push("restless");
      again();
      again = router.register(restless);
      unregister();
      if (!router.has("late")) router.register(late);
      return true;
    },
  };
  let again = router.register(restless);
  unregister = router.register(gone);
  assertEquals(router.sendToGroup("edged", envelope()), []);
  assertEquals(log, ["restless"]);
  router.sendToGroup("edged", envelope("a/b/2"));
  assertEquals(log, ["restless", "restless", "late a/b/2"]);
});

Deno.test("Router.register, a name belongs to one module at a time", () => {
  const router = new Router(new VirtualClock());
  const first = module("edged"), second = module("edged");
  const endFirst = router.register(first);
  assertThrows(
    () => router.register(second),
    TypeError,
    "Cannot register module: the name is taken: edged",
  );
  endFirst();
  assertEquals([router.has("edged"), router.modules()], [false, []]);
  router.register(second);
  // The end of the first is not the end of the second.
  endFirst();
  assertEquals([router.has("edged"), router.modules()], [true, [second]]);
  router.send("edged", envelope());
  assertEquals([first.got.length, second.got.length], [0, 1]);
});

Deno.test("Router.observe, tells who comes, who goes and what was handed over, once", () => {
  const router = new Router(new VirtualClock());
  const told: string[] = [];
  const end = router.observe({
    registered: ({ name }) => told.push(`+${name}`),
    unregistered: ({ name }) => told.push(`-${name}`),
    handed: (name, revision) => told.push(`${name} ${revision}`),
  });
  router.observe({});
  const unregister = router.register(module("edged"));
  router.handed("edged", 7);
  unregister();
  unregister();
  assertEquals(told, ["+edged", "edged 7", "-edged"]);
  end();
  router.register(module("edged"));
  router.handed("edged", 8);
  assertEquals(told.length, 3);
});

Deno.test("Router.room, is the module's own", async () => {
  const router = new Router(new VirtualClock());
  const room = Promise.resolve();
  router.register({ ...module("edged"), room: () => room });
  router.register(module("plain"));
  assertStrictEquals(router.room("edged"), room);
  assertEquals(router.room("plain"), undefined);
  assertEquals(router.room("nobody"), undefined);
  await room;
});

Deno.test("Router.sendSync, resolves with the answer that names it as parent, once", async () => {
  const clock = new VirtualClock();
  const router = new Router(clock);
  const hub = module("websocket");
  router.register(hub);
  const asked = envelope(), other = envelope();
  const reply = router.sendSync("websocket", asked, { timeoutMs: 1000 });
  assertStrictEquals(hub.got[0], asked);
  assertEquals(router.respond(newOk(TEST_STAMP, other.message)), false);
  assertEquals(router.respond(asked.message), false);
  assertEquals(await outcomeOf(clock, reply), "waits");
  const answer = newOk(TEST_STAMP, asked.message);
  assertEquals(router.respond(answer), true);
  assertEquals(router.respond(answer), false);
  assertStrictEquals(await reply, answer);
  assertEquals(clock.pending, 0);
});

Deno.test("Router.sendSync, takes an answer that is given while it sends", async () => {
  const router = new Router(new VirtualClock());
  router.register({
    ...module("websocket"),
    receive: ({ message }) => router.respond(newOk(TEST_STAMP, message)),
  });
  const answer = await router.sendSync("websocket", envelope(), {
    timeoutMs: 1,
  });
  assertEquals(answer.content, "OK");
});

Deno.test("Router.sendSync, ends at its deadline and says who did not answer what", async () => {
  const clock = new VirtualClock();
  const router = new Router(clock);
  router.register(module("websocket"));
  const asked = envelope("default/secret/s");
  const reply = router.sendSync("websocket", asked, { timeoutMs: 1000 });
  const error = assertRejects(() => reply, ReplyTimeoutError);
  await clock.advance(999);
  assertEquals(clock.pending, 1);
  await clock.advance(1);
  assertEquals(
    (await error as Error).message,
    'No answer from module "websocket" within 1000 ms to ' +
      `query default/secret/s (${asked.message.header.msg_id})`,
  );
  assertEquals((await error as Error).name, "ReplyTimeoutError");
  assertEquals(router.respond(newOk(TEST_STAMP, asked.message)), false);
});

Deno.test("Router.sendSync, an aborted signal stops it before anything is sent", async () => {
  const clock = new VirtualClock();
  const router = new Router(clock);
  const hub = module("websocket");
  router.register(hub);
  const reason = new Error("stopping");
  const outcome = await outcomeOf(
    clock,
    router.sendSync("websocket", envelope(), {
      timeoutMs: 1000,
      signal: AbortSignal.abort(reason),
    }),
  );
  assertStrictEquals(outcome, reason);
  assertEquals([hub.got.length, clock.pending], [0, 0]);
});

Deno.test("Router.sendSync, a signal ends the wait with its reason and frees the id", async () => {
  const clock = new VirtualClock();
  const router = new Router(clock);
  router.register(module("websocket"));
  const asked = envelope();
  const controller = new AbortController();
  const { signal } = controller;
  const reply = router.sendSync("websocket", asked, { timeoutMs: 9, signal });
  assertEquals(await outcomeOf(clock, reply), "waits");
  const reason = new Error("stopping");
  controller.abort(reason);
  assertStrictEquals(await outcomeOf(clock, reply), reason);
  assertEquals(clock.pending, 0);
  assertEquals(router.respond(newOk(TEST_STAMP, asked.message)), false);
});

Deno.test("Router.sendSync, an abort after the answer does nothing", async () => {
  const router = new Router(new VirtualClock());
  router.register(module("websocket"));
  const asked = envelope();
  const controller = new AbortController();
  const { signal } = controller;
  const reply = router.sendSync("websocket", asked, { timeoutMs: 9, signal });
  router.respond(newOk(TEST_STAMP, asked.message));
  controller.abort();
  assertEquals((await reply).content, "OK");
});

Deno.test("Router.sendSync, to nobody or to a full module fails at once and leaves nothing", async () => {
  const clock = new VirtualClock();
  const router = new Router(clock);
  router.register(module("full", { takes: 0 }));
  const asked = envelope();
  const options = { timeoutMs: 1000 };
  await assertRejects(
    () => router.sendSync("nobody", asked, options),
    NoReceiverError,
    'no module named "nobody"',
  );
  await assertRejects(
    () => router.sendSync("full", asked, options),
    QueueFullError,
    'Cannot send: the queue of module "full" is full, try again',
  );
  assertEquals(clock.pending, 0);
  assertEquals(router.respond(newOk(TEST_STAMP, asked.message)), false);
});

Deno.test("Router.sendSync, one id waits once, and only so many wait", async () => {
  const clock = new VirtualClock();
  const router = new Router(clock);
  const hub = module("websocket");
  router.register(hub);
  const options = { timeoutMs: 1000 };
  const asked = envelope();
  const replies = [router.sendSync("websocket", asked, options)];
  await assertRejects(
    () => router.sendSync("websocket", asked, options),
    QueueFullError,
  );
  while (replies.length < LIMITS.pendingRequestsMax) {
    replies.push(router.sendSync("websocket", envelope(), options));
  }
  await assertRejects(
    () => router.sendSync("websocket", envelope(), options),
    QueueFullError,
  );
  assertEquals(hub.got.length, LIMITS.pendingRequestsMax);
  for (const { message } of hub.got) {
    assert(router.respond(newOk(TEST_STAMP, message)));
  }
  await Promise.all(replies);
});

Deno.test("Router.close() ends every sendSync that waits", async () => {
  const clock = new VirtualClock();
  const router = new Router(clock);
  router.register({ name: "mute", group: "g", receive: () => true });
  const message = fromEdged("query", "default/pod");
  const answer = router.sendSync("mute", { message, from: "x" }, {
    timeoutMs: 60_000,
  });
  router.close();
  await assertRejects(() => answer, RouterClosedError, '"mute"');
  assertEquals(clock.pending, 0);
});
