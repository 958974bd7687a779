import { assert, assertEquals } from "@std/assert";
import { Pace } from "../../../lib/websocket/pace.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

/** A pace over a way of some rate and length; pongs come by themselves. */
function way(options: { bytesPerSecond?: number; wayMs?: number } = {}) {
  const { bytesPerSecond = 8000, wayMs = 20 } = options;
  const clock = new VirtualClock();
  let pings = 0, freeAtMs = 0, answers = true;
  const pace = new Pace({
    clock,
    ping: (payload) => {
      pings++;
      const waitMs = Math.max(0, freeAtMs - clock.monotonic()) + wayMs;
      if (answers) clock.after(waitMs, () => pace.pong(payload));
    },
    onRoom: () => {},
  });
  const write = (bytes: number) => {
    freeAtMs = Math.max(freeAtMs, clock.monotonic()) +
      bytes / bytesPerSecond * 1000;
    pace.written(bytes);
  };
  return {
    clock,
    pace,
    write,
    /** Writes as much as there is room for, for a while. */
    fill: async (forMs: number, frameBytes = 500) => {
      let written = 0, worstMs = 0;
      const untilMs = clock.monotonic() + forMs;
      while (clock.monotonic() < untilMs) {
        while (pace.roomBytes > 0) {
          write(frameBytes);
          written += frameBytes;
        }
        worstMs = Math.max(worstMs, freeAtMs - clock.monotonic());
        await clock.advance(10);
      }
      return { written, worstMs };
    },
    pings: () => pings,
    deaf: () => {
      answers = false;
    },
  };
}

Deno.test("Pace, on a thin way about a second is under way, and the way stays full", async () => {
  const { fill, pace, clock } = way({ bytesPerSecond: 8000 });
  await fill(10_000);
  const { written, worstMs } = await fill(60_000);
  assert(worstMs <= 1100, `${worstMs} ms`);
  assert(written >= 0.9 * 60 * 8000, `${written} bytes`);
  pace.stop();
  assertEquals(clock.pending <= 1, true);
});

Deno.test("Pace, on a wide or long way it is no brake", async () => {
  for (
    const [bytesPerSecond, wayMs] of [[10e6, 5], [10e6, 100], [
      1e6,
      700,
    ]] as const
  ) {
    const { fill, pace } = way({ bytesPerSecond, wayMs });
    await fill(30_000, 20_000);
    const { written } = await fill(10_000, 20_000);
    const share = written / (10 * bytesPerSecond);
    assert(share >= 0.9, `${bytesPerSecond} B/s, ${wayMs} ms: ${share}`);
    pace.stop();
  }
});

Deno.test("Pace, a trickle does not open the window for what the way never took", async () => {
  const { clock, pace, write } = way();
  for (let i = 0; i < 1000; i++) {
    write(500);
    await clock.advance(200);
  }
  assert(pace.roomBytes <= 8 * 1024, `${pace.roomBytes}`);
  pace.stop();
});

Deno.test("Pace, a way that becomes thin closes the window again", async () => {
  const wide = way({ bytesPerSecond: 10e6 });
  await wide.fill(10_000);
  await wide.clock.advance(1000);
  assert(wide.pace.roomBytes > 100_000);
  wide.deaf();
  wide.write(wide.pace.roomBytes);
  await wide.clock.advance(6000);
  // What is under way is not known to have arrived: nothing more goes.
  assert(wide.pace.roomBytes < 0);
  wide.pace.stop();
});

Deno.test("Pace, small talk is hardly asked about", async () => {
  const { clock, pace, write, pings } = way();
  for (let i = 0; i < 100; i++) {
    write(250);
    await clock.advance(15_000);
  }
  // One to learn how long the way is, then one each 4 KiB.
  assert(pings() <= 8, `${pings()}`);
  pace.stop();
});

Deno.test("Pace, a lost pong is asked for again", async () => {
  const { clock, pace, write, deaf, pings } = way();
  write(500);
  await clock.advance(1000);
  deaf();
  write(20_000);
  assertEquals(pings(), 2);
  assert(pace.roomBytes < 0);
  await clock.advance(5000);
  assertEquals(pings(), 3);
  assert(pace.roomBytes < 0);
  await clock.advance(60_000);
  // After a minute one more window goes, and is asked about.
  assert(pace.roomBytes > 0 && pace.roomBytes <= 4096, `${pace.roomBytes}`);
  write(4096);
  assert(pace.roomBytes <= 0);
  pace.stop();
  assertEquals(clock.pending, 0);
});

Deno.test("Pace, a peer that never answers is not waited for", async () => {
  const { clock, pace, write, deaf } = way();
  deaf();
  write(20_000);
  await clock.advance(59_000);
  assert(pace.roomBytes < 0);
  await clock.advance(1000);
  assertEquals(pace.roomBytes, Infinity);
  write(1e9);
  assertEquals([pace.roomBytes, clock.pending], [Infinity, 0]);
});

Deno.test("Pace, off while nothing is read, and asks once it is on again", async () => {
  const { clock, pace, write, pings } = way();
  write(500);
  await clock.advance(1000);
  pace.setOff(true);
  write(100_000);
  assertEquals([pace.roomBytes, pings()], [Infinity, 1]);
  await clock.advance(600_000);
  pace.setOff(false);
  pace.setOff(false);
  assert(pace.roomBytes < 0);
  assertEquals(pings(), 2);
  await clock.advance(1000);
  assert(pace.roomBytes > 0);
  pace.stop();
});

Deno.test("Pace, pongs that answer something else mean nothing", () => {
  const { clock, pace, write } = way();
  write(20_000);
  const room = pace.roomBytes;
  for (const length of [0, 8, 125]) pace.pong(new Uint8Array(length));
  assertEquals(pace.roomBytes, room);
  pace.stop();
  assert(clock.pending <= 1);
});
