import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Clock, Timer } from "../../../lib/base/mod.ts";
import {
  type LinkDeadlines,
  LinkWatch,
} from "../../../lib/edgehub/link_watch.ts";
import type { LinkError } from "../../../lib/edgehub/mod.ts";
import { WebSocketConnection } from "../../../lib/websocket/mod.ts";
import { bytePipe } from "../../support/byte_pipe.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const DEADLINES: LinkDeadlines = {
  readDeadlineMs: 15_000,
  writeDeadlineMs: 10_000,
  proofTimeoutMs: 30_000,
  probeAfterMs: 60_000,
};

function world(
  options: { deadlines?: Partial<LinkDeadlines>; capacityBytes?: number } = {},
) {
  const clock = new VirtualClock();
  const [near, far] = bytePipe(options);
  const make = (stream: typeof near, role: "client" | "server") =>
    new WebSocketConnection(stream, {
      role,
      clock,
      messageBytesMax: 1 << 20,
    });
  const connection = make(near, "client");
  const peer = make(far, "server");
  const dead: { error: LinkError; atMs: number }[] = [];
  const watch = new LinkWatch(connection, {
    clock,
    deadlines: { ...DEADLINES, ...options.deadlines },
    onDead: (error) => dead.push({ error, atMs: clock.monotonic() }),
  });
  let pings = 0;
  const ping = connection.ping.bind(connection);
  connection.ping = (payload) => {
    pings++;
    return ping(payload);
  };
  // Somebody reads, else nothing comes.
  void connection.receive();
  return {
    clock,
    connection,
    peer,
    watch,
    dead,
    pings: () => pings,
    end: async () => {
      watch.stop();
      connection.abort();
      peer.abort();
      await clock.settle();
      assertEquals(clock.pending, 0);
    },
  };
}

Deno.test("LinkWatch, D1 half_open_link_detected: silence ends the link at the deadline, within a second", async () => {
  const { clock, watch, dead, pings, end } = world();
  watch.prove();
  await clock.advance(7400);
  assertEquals(pings(), 0);
  await clock.advance(1200);
  assertEquals(pings(), 1);
  await clock.advance(6300);
  assertEquals(dead, []);
  await clock.advance(1200);
  assertEquals(dead.length, 1);
  assertEquals(dead[0]?.error.kind, "silent");
  assertMatch(dead[0]?.error.message ?? "", /15000 ms/);
  assert(dead[0]!.atMs >= 15_000 && dead[0]!.atMs <= 16_000);
  // One ping, one verdict.
  await clock.advance(60_000);
  assertEquals([pings(), dead.length], [1, 1]);
  await end();
});

Deno.test("LinkWatch, a peer that answers pings lives for ever", async () => {
  const { clock, watch, dead, pings, peer, end } = world();
  watch.prove();
  void peer.receive();
  await clock.advance(600_000);
  assertEquals(dead, []);
  assert(pings() >= 600_000 / 8500 - 1 && pings() <= 80, `${pings()}`);
  await end();
});

Deno.test("LinkWatch, a link on which something comes is not pinged", async () => {
  const { clock, watch, dead, pings, peer, connection, end } = world();
  watch.prove();
  for (let i = 0; i < 20; i++) {
    peer.send("x");
    await clock.advance(5000);
    void connection.receive();
  }
  assertEquals([dead.length, pings()], [0, 0]);
  await end();
});

Deno.test("LinkWatch, D3: a peer that proves nothing is mute, even if it answers pings", async () => {
  const { clock, dead, peer, end } = world();
  void peer.receive();
  await clock.advance(29_000);
  assertEquals(dead, []);
  await clock.advance(2000);
  assertEquals(dead[0]?.error.kind, "mute");
  assertMatch(dead[0]?.error.hint ?? "", /node id/);
  await end();
});

Deno.test("LinkWatch, a peer that takes nothing is stuck after the write deadline", async () => {
  const { clock, connection, dead, watch, end } = world({
    capacityBytes: 100,
    deadlines: { readDeadlineMs: 100_000 },
  });
  watch.prove();
  await clock.advance(5000);
  connection.send("x".repeat(1000));
  await clock.advance(9900);
  assertEquals(dead, []);
  await clock.advance(1200);
  assertEquals(dead[0]?.error.kind, "stuck");
  assert(dead[0]!.atMs >= 15_000 && dead[0]!.atMs <= 16_000);
  await end();
});

Deno.test("LinkWatch, a write that makes progress is not stuck, however long it takes", async () => {
  const { clock, connection, dead, watch, peer, end } = world({
    capacityBytes: 100,
    deadlines: { readDeadlineMs: 1_000_000 },
  });
  watch.prove();
  // The peer reads a little every 9 s.
  connection.send("x".repeat(400));
  connection.send("x".repeat(400));
  for (let i = 0; i < 4; i++) {
    await clock.advance(9000);
    assert(connection.bufferedBytes > 0 || i > 1);
    void peer.receive();
    await clock.settle();
  }
  assertEquals(dead, []);
  await end();
});

Deno.test("LinkWatch, silence while nothing is read says nothing", async () => {
  const { clock, dead, watch, end } = world();
  watch.prove();
  await clock.advance(14_000);
  watch.pauseReading();
  await clock.advance(3_600_000);
  assertEquals(dead, []);
  watch.resumeReading();
  await clock.advance(14_000);
  assertEquals(dead, []);
  await clock.advance(2000);
  assertEquals(dead[0]?.error.kind, "silent");
  await end();
});

Deno.test("LinkWatch, a write that is stuck counts while nothing is read", async () => {
  const { clock, connection, dead, watch, end } = world({ capacityBytes: 10 });
  watch.prove();
  watch.pauseReading();
  connection.send("x".repeat(1000));
  await clock.advance(11_100);
  assertEquals(dead[0]?.error.kind, "stuck");
  await end();
});

Deno.test("LinkWatch, short deadlines are kept to a quarter of themselves", async () => {
  const { clock, dead, watch, end } = world({
    deadlines: { readDeadlineMs: 200 },
  });
  watch.prove();
  await clock.advance(251);
  assertEquals(dead[0]?.error.kind, "silent");
  await end();
});

Deno.test("LinkWatch, stop judges no more", async () => {
  const { clock, dead, watch, end } = world();
  watch.stop();
  await clock.advance(100_000);
  assertEquals(dead, []);
  await end();
});

/** A clock whose timers fire late, as after a blocked event loop. */
class LateClock implements Clock {
  nowMs = 0;
  #timer: (() => void) | undefined;
  now = () => this.nowMs;
  monotonic = () => this.nowMs;
  defer = (fn: () => void) => this.after(0, fn);
  after(_: number, fn: () => void): Timer {
    this.#timer = fn;
    return { cancel: () => this.#timer = undefined };
  }
  /** Time has passed, and only now the timer fires. */
  fireAfter(ms: number): void {
    this.nowMs += ms;
    this.#timer?.();
  }
}

Deno.test("LinkWatch, after the process stood still what came meanwhile has its turn first", () => {
  const clock = new LateClock();
  const [near] = bytePipe();
  const connection = new WebSocketConnection(near, {
    role: "client",
    clock,
    messageBytesMax: 1024,
  });
  const dead: LinkError[] = [];
  const watch = new LinkWatch(connection, {
    clock,
    deadlines: DEADLINES,
    onDead: (error) => dead.push(error),
  });
  watch.prove();
  clock.fireAfter(1000);
  clock.fireAfter(40_000);
  assertEquals(dead, []);
  // Still nothing came: now it is silence.
  clock.fireAfter(1000);
  assertEquals(dead[0]?.kind, "silent");
  connection.abort();
});

Deno.test("LinkWatch, a process that is always late still finds a dead link", () => {
  const clock = new LateClock();
  const [near] = bytePipe();
  const connection = new WebSocketConnection(near, {
    role: "client",
    clock,
    messageBytesMax: 1024,
  });
  const dead: LinkError[] = [];
  const watch = new LinkWatch(connection, {
    clock,
    deadlines: DEADLINES,
    onDead: (error) => dead.push(error),
  });
  watch.prove();
  for (let i = 0; i < 10 && dead.length === 0; i++) clock.fireAfter(3000);
  assertEquals(dead[0]?.kind, "silent");
  connection.abort();
});
