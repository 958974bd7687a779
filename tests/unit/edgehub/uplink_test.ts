import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../../lib/base/mod.ts";
import {
  TokenBucket,
  type TokenBucketOptions,
} from "../../../lib/edgehub/token_bucket.ts";
import { Uplink } from "../../../lib/edgehub/uplink.ts";
import { type Message, newMessage, newOk } from "../../../lib/message/mod.ts";
import { WebSocketConnection } from "../../../lib/websocket/mod.ts";
import { bytePipe, type BytePipeOptions } from "../../support/byte_pipe.ts";
import { fromCloud, TEST_STAMP } from "../../support/messages.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const message = (name: string, operation = "update", content: unknown = null) =>
  newMessage(TEST_STAMP, {
    source: "metamanager",
    group: "resource",
    operation,
    resource: `default/podstatus/${name}`,
    content,
  });

/** An uplink on a pipe, and what arrives at its other end. */
class World {
  readonly clock = new VirtualClock();
  readonly uplink: Uplink;
  readonly got: { readonly name: string; readonly atMs: number }[] = [];
  readonly #near: WebSocketConnection;
  readonly #far: WebSocketConnection;
  #isReading = false;

  constructor(
    rate: TokenBucketOptions = { perSecond: 10, burst: 1 },
    options: BytePipeOptions & { reads?: boolean } = {},
  ) {
    const [near, far] = bytePipe(options);
    const { clock } = this;
    const messageBytesMax = 1 << 24;
    const make = (stream: typeof near, role: "client" | "server") =>
      new WebSocketConnection(stream, { role, clock, messageBytesMax });
    this.#near = make(near, "client");
    this.#far = make(far, "server");
    const bucket = new TokenBucket(clock, rate);
    this.uplink = new Uplink(this.#near, { clock, bucket });
    if (options.reads !== false) this.read();
  }

  get names(): string[] {
    return this.got.map(({ name }) => name);
  }

  read(): void {
    if (!this.#isReading) void this.#read();
    this.#isReading = true;
  }

  async #read(): Promise<void> {
    for (let batch; (batch = await this.#far.receive());) {
      for (const data of batch) {
        const { route } = JSON.parse(String(data)) as Message;
        const name = route.resource.split("/")[2] ?? "";
        this.got.push({ name, atMs: this.clock.monotonic() });
      }
    }
  }

  /** Sends a backlog as the outbox does: it comes back a turn later. */
  async backlog(count: number, content: unknown = null): Promise<void> {
    const turn = () =>
      new Promise((resolve) => this.clock.defer(() => resolve(0)));
    for (let i = 0; i < count; i++) {
      for (let room; (room = this.uplink.room());) {
        await room;
        await turn();
      }
      if (!this.uplink.send(message(`b${i}`, "update", content))) return;
    }
  }

  async end(): Promise<void> {
    this.uplink.stop();
    this.#near.abort();
    this.#far.abort();
    await this.clock.settle();
    assertEquals(this.clock.pending, 0);
  }
}

Deno.test("Uplink, data leaves at the rate and in order, nothing is lost", async () => {
  const world = new World({ perSecond: 10, burst: 3 });
  const names = Array.from({ length: 20 }, (_, i) => `m${i}`);
  for (const name of names) assert(world.uplink.send(message(name)));
  await world.clock.settle();
  assertEquals(world.got.length, 3);
  await world.clock.advance(1000);
  assertEquals(world.got.length, 13);
  await world.clock.advance(700);
  assertEquals(world.names, names);
  assertEquals(world.uplink.bufferedBytes, 0);
  await world.end();
});

Deno.test("Uplink, answers are never throttled, whatever waits", async () => {
  const world = new World();
  for (let i = 0; i < 100; i++) world.uplink.send(message(`m${i}`));
  await world.clock.settle();
  for (let i = 0; i < 500; i++) {
    world.uplink.send(newOk(TEST_STAMP, fromCloud("insert", "a/b/ack", {})));
  }
  await world.clock.settle();
  assertEquals(world.names.filter((name) => name === "ack").length, 500);
  assertEquals(world.got.length, 501);
  await world.end();
});

Deno.test("Uplink, a lease is never throttled, but for the bound on bytes", async () => {
  const world = new World({ perSecond: 1, burst: 1 });
  const lease = newMessage(TEST_STAMP, {
    source: "edged",
    group: "meta",
    operation: "update",
    resource: "kube-node-lease/lease/edge-1",
    content: { spec: {} },
  });
  for (let i = 0; i < 5; i++) world.uplink.send(message(`m${i}`));
  assert(world.uplink.send(lease));
  await world.clock.settle();
  assertEquals(world.names.toSorted(), ["edge-1", "m0"]);
  for (let n = 0; world.uplink.send(lease); n++) {
    assert(n < 100_000, "a flood of leases ends at the bound");
  }
  world.uplink.stop();
});

Deno.test("Uplink, D5 keepalive_and_acks_overtake_data: a lease goes though as much data waits as may", async () => {
  const lease = message("edge-1");
  const renewal: Message = {
    ...lease,
    route: { ...lease.route, resource: "kube-node-lease/lease/edge-1" },
  };
  for (const content of ["", "x".repeat(1 << 16)]) {
    const world = new World({ perSecond: 1, burst: 1 });
    while (world.uplink.send(message("m", "query", content)));
    assert(world.uplink.send(renewal));
    await world.clock.settle();
    assertEquals(world.names.toSorted(), ["edge-1", "m"]);
    await world.end();
  }
});

Deno.test("Uplink, a ping takes no token and stays behind what was sent before it", async () => {
  const world = new World({ perSecond: 10, burst: 1 });
  const { uplink, clock } = world;
  uplink.send(message("a"));
  uplink.send(message("b"));
  uplink.send(message("p1", "ping"));
  uplink.send(message("p2", "ping"));
  uplink.send(message("c"));
  await clock.settle();
  assertEquals(world.names, ["a"]);
  await clock.advance(100);
  assertEquals(world.names, ["a", "b", "p1", "p2"]);
  await clock.advance(100);
  uplink.send(message("p3", "ping"));
  await clock.settle();
  assertEquals(world.names.slice(4), ["c", "p3"]);
  await world.end();
});

Deno.test("Uplink, at the bound data is refused, a ping and an answer are not", async () => {
  const world = new World({ perSecond: 1, burst: 1 });
  const { uplink } = world;
  let taken = 0;
  while (uplink.send(message("m"))) taken++;
  assertEquals(taken, LIMITS.uplinkMessagesMax + 1);
  assert(uplink.send(message("p", "ping")));
  assert(uplink.send(newOk(TEST_STAMP, fromCloud("insert", "a/b/ack", {}))));
  assert(!uplink.send(message("m")));
  await world.clock.advance(2000);
  assert(uplink.send(message("m")));
  await world.end();
});

Deno.test("Uplink, bytes are bounded, too", async () => {
  const world = new World({ perSecond: 1, burst: 1 });
  const large = message("m", "update", "x".repeat(1 << 20));
  let taken = 0;
  while (world.uplink.send(large)) taken++;
  assert(taken >= 8 && taken <= 9, `${taken}`);
  assert(world.uplink.bufferedBytes >= LIMITS.uplinkBytesMax);
  await world.end();
});

Deno.test("Uplink, a backlog goes at the rate while nothing else does", async () => {
  const world = new World({ perSecond: 10, burst: 5 });
  void world.backlog(100);
  await world.clock.settle();
  assertEquals(world.got.length, 5);
  await world.clock.advance(2000);
  assertEquals(world.got.length, 25);
  await world.clock.advance(8000);
  assertEquals(world.names, Array.from({ length: 100 }, (_, i) => `b${i}`));
  await world.end();
});

Deno.test("Uplink, a long backlog delays live traffic by a token at most", async () => {
  const world = new World({ perSecond: 10, burst: 5 });
  void world.backlog(10_000);
  await world.clock.advance(5000);
  for (let i = 0; i < 20; i++) {
    const sentMs = world.clock.monotonic();
    world.uplink.send(message(`live${i}`));
    await world.clock.advance(500);
    const came = world.got.find(({ name }) => name === `live${i}`);
    assert(came && came.atMs - sentMs <= 200, `live${i} at ${came?.atMs}`);
  }
  await world.end();
});

Deno.test("Uplink, live traffic at the bound leaves the backlog every fourth token", async () => {
  const world = new World({ perSecond: 10, burst: 1 });
  void world.backlog(10_000);
  await world.clock.settle();
  for (let tick = 0; tick < 4000; tick++) {
    for (let i = 0; i < 4; i++) world.uplink.send(message("live"));
    await world.clock.advance(100);
  }
  const late = world.got.slice(-1000);
  const share = late.filter(({ name }) => name.startsWith("b")).length;
  assert(share >= 240 && share <= 260, `${share} of 1000`);
  const rate = world.got.length / world.clock.monotonic() * 1000;
  assert(rate <= 10.1, `${rate}`);
  await world.end();
});

Deno.test("Uplink, live traffic just at the rate does not starve the backlog", async () => {
  const world = new World({ perSecond: 10, burst: 1 });
  void world.backlog(10_000);
  await world.clock.settle();
  for (let tick = 0; tick < 400; tick++) {
    await world.clock.advance(99);
    world.uplink.send(message("live"));
    await world.clock.advance(1);
  }
  const share = world.names.filter((name) => name.startsWith("b")).length;
  assert(share >= 80, `${share} of ${world.got.length}`);
  await world.end();
});

Deno.test("Uplink, a backlog waits while the connection has enough to send", async () => {
  const world = new World({ perSecond: 0, burst: 1 }, {
    capacityBytes: 1000,
    reads: false,
  });
  void world.backlog(1000, "x".repeat(1000));
  await world.clock.settle();
  const { bufferedBytes } = world.uplink;
  assert(bufferedBytes > 60_000 && bufferedBytes < 70_000, `${bufferedBytes}`);
  world.read();
  await world.clock.settle();
  while (world.uplink.room()) await world.clock.settle();
  await world.clock.settle();
  assertEquals(world.got.length, 1000);
  await world.end();
});

Deno.test("Uplink, a question whose time is over uses no token and does not leave", async () => {
  const world = new World({ perSecond: 10, burst: 1 });
  const { uplink, clock } = world;
  const startedMs = clock.monotonic();
  uplink.send(message("first"));
  for (let i = 0; i < 20; i++) {
    uplink.send(message(`q${i}`, "query"), startedMs + 250);
  }
  uplink.send(message("last"));
  await clock.advance(1000);
  assertEquals(world.names, ["first", "q0", "q1", "last"]);
  assertEquals(uplink.bufferedBytes, 0);
  await world.end();
});

Deno.test("Uplink.flush, what waits leaves at once and in order", async () => {
  const world = new World();
  const names = Array.from({ length: 50 }, (_, i) => `m${i}`);
  for (const name of names) world.uplink.send(message(name));
  world.uplink.flush();
  await world.clock.settle();
  assertEquals(world.names, names);
  await world.end();
});

Deno.test("Uplink.stop, takes nothing, drops what waits and ends the backlog's wait", async () => {
  const world = new World();
  world.uplink.send(message("a"));
  world.uplink.send(message("b"));
  const room = world.uplink.room();
  assert(room);
  world.uplink.stop();
  await room;
  assertEquals(world.uplink.room(), undefined);
  assertEquals(world.uplink.send(message("c")), false);
  await world.clock.advance(10_000);
  assertEquals(world.names, ["a"]);
  assertEquals(world.uplink.bufferedBytes, 0);
  await world.end();
});
