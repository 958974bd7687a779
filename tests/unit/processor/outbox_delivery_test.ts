import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";
import {
  errStatus,
  type Message,
  newError,
  newResponse,
} from "../../../lib/message/mod.ts";
import { type Store, StoreError } from "../../../lib/store/mod.ts";
import {
  fromCloud,
  fromEdged,
  pod,
  TEST_STAMP,
} from "../../support/messages.ts";
import { ProcessorBench, storePods } from "../../support/processor_bench.ts";

const status = (name: string, round: number) =>
  fromEdged("update", `default/podstatus/${name}`, {
    UID: name,
    Name: name,
    Status: { round },
  });
const removal = (name: string) => fromEdged("delete", `default/pod/${name}`);
const event = (name: string, operation = "insert") =>
  fromEdged(operation, `default/event/${name}`, { reason: "Started" });

const ids = (messages: readonly Message[]) =>
  messages.map((m) => m.header.msg_id);
const ok = (message: Message) => newResponse(TEST_STAMP, message, "OK");
const roundOf = (message: Message) =>
  (message.content as { Status: { round: number } }).Status.round;

/** A processor with an agent, and pods whose statuses may leave. */
async function world(
  options: Parameters<typeof ProcessorBench.start>[0] = {},
  pods: readonly string[] = ["a", "b", "c"],
) {
  const bench = await ProcessorBench.start(options);
  storePods(bench.store, pods);
  const edged = bench.agent();
  await bench.clock.settle();
  edged.take();
  const report = async (...messages: Message[]) => {
    for (const message of messages) edged.send(message);
    await bench.clock.settle();
    edged.take();
  };
  return { bench, report };
}

Deno.test("send_in_progress_survives_link_break: a newer report waits for the answer to the older one", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  const [first, second, third] = [
    status("a", 1),
    status("a", 2),
    status("a", 3),
  ];
  await report(first);
  await report(second, third, status("b", 1));
  assertEquals(bench.cloud.take().map(roundOf), [1, 1]);
  await bench.fromCloud(ok(first));
  assertEquals(ids(bench.cloud.take()), ids([third]));
  assertEquals(bench.store.outboxLength(), 2, "a and b");
});

Deno.test("a report in the place of an unanswered one waits until that is overdue, no longer", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  await report(status("a", 1));
  await bench.clock.advance(40_000);
  const second = status("a", 2);
  await report(second);
  assertEquals(bench.cloud.take().map(roundOf), [1, 1], "sent again");
  await bench.clock.advance(20_000);
  assertEquals(ids(bench.cloud.take()), ids([second]));
});

Deno.test("what is no update keeps its order: the next waits for the one before", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  const messages = [event("e"), event("e", "patch"), event("f")];
  await report(...messages);
  const [insert, other, ping] = bench.cloud.take();
  assertEquals(
    ids([insert, other] as Message[]),
    ids([messages[0], messages[2]] as Message[]),
  );
  await bench.fromCloud(ok(ping as Message));
  assertEquals(ids(bench.cloud.take().slice(0, 1)), ids(messages.slice(1, 2)));
});

Deno.test("a message unanswered on three connections is parked, told, and blocks nobody", async () => {
  const parked: string[] = [];
  const { bench, report } = await world({
    observer: { parked: (resource) => parked.push(resource) },
  });
  await using _end = bench;
  const mute = removal("a");
  const next = fromEdged("delete", "default/pod/a", { gracePeriodSeconds: 0 });
  await report(mute, next);
  for (let i = 1; i <= LIMITS.outboxAttemptsMax; i++) {
    assertEquals(parked, []);
    await bench.connect();
    assertEquals(ids(bench.cloud.take()), ids([mute]));
    await bench.clock.advance(31_000);
    if (i === LIMITS.outboxAttemptsMax) break;
    assertEquals(ids(bench.cloud.take()), ids([mute]), "the cloud lost it");
    await bench.connect(false);
  }
  assertEquals(parked, ["default/pod/a"]);
  assertEquals(ids(bench.cloud.take()), ids([next]), "not those behind it");
  await bench.fromCloud(ok(next));
  await bench.connect(false);
  await bench.connect();
  await bench.clock.advance(60_000);
  assertEquals(bench.cloud.take(), []);
  assertEquals(bench.store.outboxInfo(0).map((row) => row.attempts), [3]);
  const late = ok(mute);
  await bench.fromCloud(late);
  assertEquals(bench.store.outboxLength(), 0, "an answer still confirms it");
});

Deno.test("a link that breaks before the cloud had its time parks nothing", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  const message = removal("a");
  await report(message);
  for (let i = 0; i < 20; i++) {
    await bench.connect();
    assertEquals(ids(bench.cloud.take()), ids([message]));
    await bench.clock.advance(1000);
    await bench.connect(false);
  }
  assertEquals(bench.store.outboxParked(), 0);
});

Deno.test("newer state of a parked resource is sent", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await report(status("a", 1));
  for (let i = 0; i < 3; i++) bench.store.noteUnanswered(1);
  await bench.connect();
  assertEquals(bench.cloud.take(), []);
  await report(status("a", 2));
  assertEquals(bench.cloud.take().map(roundOf), [2]);
  assertEquals(bench.store.outboxParked(), 0);
});

Deno.test("a refusal that may pass is followed by another try on the same connection", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  const message = removal("a");
  await report(message);
  bench.cloud.take();
  const refusal = newResponse(
    TEST_STAMP,
    message,
    errStatus("ServiceUnavailable", "later"),
  );
  for (let i = 0; i < 5; i++) {
    await bench.fromCloud(refusal);
    await bench.clock.advance(29_000);
    assertEquals(bench.cloud.take(), []);
    await bench.clock.advance(2000);
    assertEquals(ids(bench.cloud.take()), ids([message]));
  }
  assertEquals(bench.store.outboxInfo(0).map((row) => row.attempts), [0]);
  await bench.fromCloud(ok(message));
  assertEquals(bench.store.outboxLength(), 0);
});

Deno.test("a refusal of a report that was replaced lets the newer one go", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  const first = status("a", 1);
  await report(first);
  await report(status("a", 2));
  bench.cloud.take();
  const busy = errStatus("TooManyRequests", "later");
  await bench.fromCloud(newResponse(TEST_STAMP, first, busy));
  assertEquals(bench.cloud.take().map(roundOf), [2]);
});

Deno.test("a refusal for good removes the message and is told", async () => {
  const refused: string[] = [];
  const { bench, report } = await world({
    observer: { refused: (resource) => refused.push(resource) },
  });
  await using _end = bench;
  await bench.connect();
  const [message, next] = [removal("a"), status("a", 1)];
  await report(message, next);
  await bench.fromCloud(newError(TEST_STAMP, message, "no such pod"));
  assertEquals(refused, ["default/pod/a"]);
  assertEquals(bench.store.outboxInfo(0).map((r) => r.type), ["podstatus"]);
});

Deno.test("a status leaves once its pod is stored, and not for another pod of the name", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  await report(status("new", 1), status("other", 1), status("b", 1));
  assertEquals(bench.cloud.take().map((m) => m.route.resource), [
    "default/podstatus/b",
  ]);
  await bench.fromCloud(
    fromCloud("insert", "default/pod/new", pod("new", 1, { uid: "new" })),
    fromCloud("insert", "default/pod/other", pod("other", 1, { uid: "uid-2" })),
  );
  const reports = bench.cloud.take().filter((m) =>
    m.route.operation === "update"
  );
  assertEquals(reports.map((m) => m.route.resource), [
    "default/podstatus/new",
  ]);
});

Deno.test("a deleted pod takes its status and its messages along, also those in line", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await report(status("a", 1), removal("a"), status("b", 1));
  await bench.fromCloud(fromCloud("delete", "default/pod/a", null));
  assertEquals(bench.store.get("default/podstatus/a"), undefined);
  bench.cloud.take();
  await bench.connect();
  assertEquals(bench.cloud.take().map((m) => m.route.resource), [
    "default/podstatus/b",
  ]);
});

Deno.test("backlog_is_merged_and_yields_to_live: 10,000 statuses of 100 pods are 100 messages", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `p${i}`);
  const { bench, report } = await world({}, names);
  await using _end = bench;
  for (let round = 1; round <= 100; round++) {
    await report(...names.map((name) => status(name, round)));
  }
  assertEquals(bench.store.outboxLength(), 100);
  await bench.connect();
  const sent = bench.cloud.take();
  assertEquals(sent.length, 100);
  assertEquals(new Set(sent.map(roundOf)), new Set([100]));
});

Deno.test("backlog_is_merged_and_yields_to_live: each message asks the link for room", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await report(status("a", 1), event("e1"), event("e2"), status("b", 1));
  let open = Promise.withResolvers<void>();
  bench.cloud.waits = () => open.promise;
  await bench.connect();
  assertEquals(bench.cloud.take(), []);
  // The link has room for one message at a time.
  const next = async () => {
    const { resolve } = open;
    let isFree = true;
    bench.cloud.waits = () => {
      if (!isFree) return open.promise;
      isFree = false;
      return undefined;
    };
    open = Promise.withResolvers();
    resolve();
    await bench.clock.settle();
    return bench.cloud.take().map((m) => m.route.resource);
  };
  assertEquals(await next(), ["default/podstatus/b"]);
  const lease = fromEdged("update", "kube-node-lease/lease/edge-1", {
    metadata: { name: "edge-1" },
  });
  await report(lease);
  assertEquals(bench.cloud.take().map((m) => m.route.resource), [
    lease.route.resource,
  ], "live traffic does not wait");
  await report(status("c", 1));
  assertEquals(await next(), ["default/podstatus/a"]);
  assertEquals(await next(), ["default/podstatus/c"]);
  assertEquals(await next(), ["default/event/e1"]);
  assertEquals(await next(), ["default/event/e2", "node"]);
});

Deno.test("a link whose promise of room never settles holds up the old connection only", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  bench.cloud.waits = () => new Promise(() => {});
  await report(status("a", 1));
  await bench.connect();
  await bench.connect(false);
  bench.cloud.waits = undefined;
  await bench.connect();
  assertEquals(bench.cloud.take().map(roundOf), [1]);
});

Deno.test("a ping without an answer is followed by another that covers the same", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  await report(event("e1"));
  bench.cloud.take();
  await bench.clock.advance(20_000);
  await report(event("e2"));
  bench.cloud.take();
  await bench.clock.advance(10_000);
  const [ping, ...rest] = bench.cloud.take();
  assertEquals([ping?.route.operation, rest.length], ["ping", 0]);
  await bench.fromCloud(ok(ping as Message));
  assertEquals(bench.store.outboxInfo(0).map((row) => row.resource), [
    "default/event/e2",
  ]);
});

Deno.test("a ping that the link does not take is sent a second later", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  bench.cloud.refuses = ({ route }) => route.operation === "ping";
  await report(event("e1"));
  assertEquals(bench.cloud.take().length, 1);
  bench.cloud.refuses = () => false;
  await bench.clock.advance(1001);
  assertEquals(bench.cloud.take().map((m) => m.route.operation), ["ping"]);
});

Deno.test("events that went while the link had no room are forgotten, too", async () => {
  let reads = 0;
  const { bench, report } = await world({
    wrap: (store) =>
      new Proxy(store, {
        get(target, name) {
          if (name === "outboxRow") reads++;
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  });
  await using _end = bench;
  // The link wakes the sender again and again and has no room after all.
  let gate = Promise.withResolvers<void>();
  bench.cloud.waits = () => gate.promise;
  await bench.connect();
  for (let i = 0; i < 4000; i += 100) {
    await report(
      ...Array.from({ length: 100 }, (_, j) => event(`e${i + j}`)),
    );
    const { resolve } = gate;
    gate = Promise.withResolvers();
    resolve();
  }
  bench.cloud.waits = undefined;
  gate.resolve();
  await bench.clock.settle();
  const sent = bench.cloud.take().filter((m) => m.route.operation !== "ping");
  assertEquals(sent.length, LIMITS.outboxEventsMax);
  assertEquals(sent[0]?.route.resource, "default/event/e3000");
  assert(reads < 2500, `${reads}`);
});

Deno.test("a connection that lasts counts an unanswered message once", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  await report(removal("a"));
  await bench.clock.advance(300_000);
  assertEquals(bench.store.outboxInfo(0).map((row) => row.attempts), [1]);
});

Deno.test("a store that fails and works again does not make a connection count twice", async () => {
  let isFailing = false;
  let recovered = 0;
  const { bench, report } = await world({
    observer: { recovered: () => recovered++ },
    wrap: (store) =>
      new Proxy<Store>(store, {
        get: (target, name) => {
          if (isFailing && name === "batch") {
            throw new StoreError("full", "database or disk is full");
          }
          const member: unknown = Reflect.get(target, name, target);
          return typeof member === "function" ? member.bind(target) : member;
        },
      }),
  });
  await using _end = bench;
  await bench.connect();
  await report(removal("a"));
  for (let i = 0; i < 3; i++) {
    await bench.clock.advance(31_000);
    isFailing = true;
    await report(event("e"));
    isFailing = false;
    await bench.clock.advance(2000);
  }
  assertEquals(recovered, 3);
  const [first] = bench.store.outboxInfo(0);
  assertEquals([first?.attempts, first?.parkedAtMs], [1, 0]);
});

Deno.test("a cloud that is silent and refuses in turns does not make a connection count twice", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  const message = removal("a");
  await report(message);
  for (let i = 0; i < 4; i++) {
    await bench.clock.advance(31_000);
    const refusal = errStatus("ServiceUnavailable", "not now");
    await bench.fromCloud(newResponse(TEST_STAMP, message, refusal));
    await bench.clock.advance(31_000);
  }
  const [row] = bench.store.outboxInfo(0);
  assertEquals([row?.attempts, row?.parkedAtMs], [1, 0]);
});

Deno.test("a message that the cloud lost goes again on a connection that lasts, less and less often", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  const lost = removal("a");
  await report(lost);
  const sentAt: number[] = [];
  for (let s = 0; s <= 901; s++) {
    if (bench.cloud.take().length > 0) sentAt.push(s);
    await bench.clock.advance(1000);
  }
  assertEquals(sentAt, [0, 30, 60, 120, 240, 300, 600, 900]);
  await bench.fromCloud(ok(lost));
  await bench.clock.advance(900_000);
  assertEquals(bench.cloud.take(), []);
  assertEquals(bench.store.outboxLength(), 0);
});

Deno.test("a message that a ping confirms goes once on a connection, however late that is", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  await report(event("e"));
  await bench.clock.advance(600_000);
  const sent = bench.cloud.take().filter((m) => m.route.operation !== "ping");
  assertEquals(sent.length, 1);
});

Deno.test("a look at the outbox anew sends nothing behind what is out", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await bench.connect();
  await report(event("e"), event("e", "patch"), event("other"));
  bench.cloud.take();
  const done = bench.processor.changeOutbox({ what: "drop", ids: [3] });
  await bench.clock.settle();
  assertEquals((await done).messages.length, 1);
  assertEquals(bench.cloud.take(), []);
});

Deno.test("a long backlog leaves other work its turn", async () => {
  const { bench, report } = await world();
  await using _end = bench;
  await report(...Array.from({ length: 200 }, (_, i) => event(`e${i}`)));
  let sentBefore = -1;
  const connecting = bench.connect();
  bench.clock.defer(() => sentBefore = bench.cloud.messages.length);
  await connecting;
  assert(sentBefore > 0 && sentBefore < 100, `${sentBefore}`);
  assert(bench.cloud.messages.length > 200);
});
