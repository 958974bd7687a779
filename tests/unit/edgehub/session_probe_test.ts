import { assert, assertEquals } from "@std/assert";
import type { Clock, Timer } from "../../../lib/base/mod.ts";
import { SessionProbe } from "../../../lib/edgehub/session_probe.ts";
import type { Message } from "../../../lib/message/mod.ts";
import { fromCloud, TEST_STAMP } from "../../support/messages.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const LEASE = "kube-node-lease/lease/edge-1";

function setup(clock: VirtualClock = new VirtualClock()) {
  const sent: { message: Message; atMs: number }[] = [];
  const mute: number[] = [];
  const state = { isReceiving: false, left: Promise.resolve() };
  const probe = new SessionProbe({
    clock,
    stamp: TEST_STAMP,
    nodeId: "edge-1",
    afterMs: 60_000,
    timeoutMs: 30_000,
    send: (message) => {
      sent.push({ message, atMs: clock.monotonic() });
      return state.left;
    },
    isReceiving: () => state.isReceiving,
    onMute: () => mute.push(clock.monotonic()),
  });
  const answer = () =>
    fromCloud("response", LEASE, {}, {
      parentId: sent.at(-1)!.message.header.msg_id,
    });
  /** As after a first question that was answered. */
  const known = async () => {
    await clock.advance(60_000);
    assert(probe.heard(answer()));
    sent.length = 0;
  };
  return { clock, probe, sent, mute, state, answer, known };
}

const other = () => fromCloud("insert", "default/pod/a", {});

Deno.test("SessionProbe, D3 registration_repeats_after_silent_loss: silence, questions, then mute", async () => {
  const { clock, sent, mute } = setup();
  await clock.advance(59_000);
  assertEquals(sent.length, 0);
  await clock.advance(600_000);
  assertEquals(
    sent.map(({ atMs, message }) => [atMs, message.route.resource]),
    [[60_000, LEASE], [90_000, "null/node/edge-1"]],
  );
  assertEquals(mute, [120_000]);
  assertEquals(clock.pending, 0);
});

Deno.test("SessionProbe, D3: a cloud that has answered for the lease is asked once", async () => {
  const { clock, probe, sent, mute, answer } = setup();
  await clock.advance(60_000);
  assert(probe.heard(answer()));
  await clock.advance(600_000);
  assertEquals(sent.map(({ message }) => message.route.resource), [
    LEASE,
    LEASE,
  ]);
  assertEquals(mute, [150_000]);
});

Deno.test("SessionProbe, a cloud that knows no leases lives by the node", async () => {
  const { clock, probe, sent, mute } = setup();
  for (let i = 1; i <= 5; i++) {
    await clock.advance(90_000);
    assertEquals(sent.length, 2 * i);
    // It is for others as well: the first question of a link asks the same.
    assert(
      !probe.heard(fromCloud("response", "null/node/edge-1", {}, {
        parentId: sent.at(-1)!.message.header.msg_id,
      })),
    );
  }
  assertEquals(mute, []);
  probe.stop();
});

Deno.test("SessionProbe, the answer is ours, once, and silence counts anew", async () => {
  const { clock, probe, sent, mute, answer } = setup();
  for (let i = 1; i <= 20; i++) {
    await clock.advance(60_000);
    assertEquals(sent.length, i);
    assert(probe.heard(answer()));
    assert(!probe.heard(answer()));
  }
  assertEquals(mute, []);
  probe.stop();
  assertEquals(clock.pending, 0);
});

Deno.test("SessionProbe, any message will do, and a late answer is still ours", async () => {
  const { clock, probe, sent, mute, answer } = setup();
  await clock.advance(80_000);
  assert(!probe.heard(other()));
  await clock.advance(50_000);
  assertEquals([sent.length, mute.length], [1, 0]);
  assert(probe.heard(answer()));
  // One that cannot be read is a sign of life, too.
  await clock.advance(59_000);
  assert(!probe.heard());
  await clock.advance(59_000);
  assertEquals(sent.length, 1);
  probe.stop();
});

Deno.test("SessionProbe, a cloud that talks is not asked", async () => {
  const { clock, probe, sent } = setup();
  for (let i = 0; i < 100; i++) {
    await clock.advance(50_000);
    probe.heard(other());
  }
  assertEquals(sent, []);
  probe.stop();
});

Deno.test("SessionProbe, while nothing is read silence says nothing", async () => {
  const { clock, probe, sent, mute } = setup();
  await clock.advance(70_000);
  probe.pause();
  await clock.advance(600_000);
  probe.heard(other());
  await clock.advance(600_000);
  assertEquals([sent.length, mute.length], [1, 0]);
  probe.resume();
  await clock.advance(59_000);
  assertEquals(sent.length, 1);
  await clock.advance(30_000);
  assertEquals([sent.length, mute.length], [2, 0]);
  probe.stop();
  await clock.advance(600_000);
  assertEquals(mute, []);
});

Deno.test("SessionProbe, the time counts from when the question has left", async () => {
  const { clock, mute, state, known } = setup();
  await known();
  const left = Promise.withResolvers<void>();
  state.left = left.promise;
  await clock.advance(300_000);
  assertEquals(mute, []);
  left.resolve();
  await clock.advance(29_000);
  assertEquals(mute, []);
  await clock.advance(1000);
  assertEquals(mute, [390_000]);
});

Deno.test("SessionProbe, stopped while the question leaves it waits for nothing", async () => {
  const { clock, probe, mute, state } = setup();
  const left = Promise.withResolvers<void>();
  state.left = left.promise;
  await clock.advance(60_000);
  probe.stop();
  left.resolve();
  await clock.advance(600_000);
  assertEquals([mute.length, clock.pending], [0, 0]);
});

Deno.test("SessionProbe, a large message that is coming is waited for", async () => {
  const { clock, mute, state, known } = setup();
  await known();
  await clock.advance(61_000);
  state.isReceiving = true;
  await clock.advance(600_000);
  assertEquals(mute, []);
  state.isReceiving = false;
  await clock.advance(30_000);
  assertEquals(mute.length, 1);
});

Deno.test("SessionProbe, a process that stood still hears what came meanwhile first", async () => {
  /** From a moment on, the first timer of half a minute runs an hour late. */
  class StandingClock extends VirtualClock implements Clock {
    stands = false;
    override after(delayMs: number, run: () => void): Timer {
      const isLate = delayMs === 30_000 && this.stands;
      if (isLate) this.stands = false;
      return super.after(isLate ? 3_600_000 : delayMs, run);
    }
  }
  const standing = new StandingClock();
  const { clock, mute, known } = setup(standing);
  await known();
  standing.stands = true;
  await clock.advance(3_670_000);
  assertEquals(mute, []);
  await clock.advance(30_000);
  assertEquals(mute.length, 1);
});
