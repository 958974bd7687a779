import { assert, assertEquals } from "@std/assert";
import { EdgeNode } from "../../../lib/app/mod.ts";
import { watchLoops } from "../../../lib/app/loops.ts";
import { TIMING } from "../../../lib/app/timing.ts";
import { SystemClock } from "../../../lib/base/mod.ts";
import { loadConfig } from "../../../lib/config/mod.ts";
import type { LinkState } from "../../../lib/edgehub/mod.ts";
import { Health, Logger } from "../../../lib/telemetry/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const hostname = () => "edge-1";

/** A node's parts as far as its loops are watched, and time. */
async function setup() {
  const { config } = await loadConfig({ hostname });
  const clock = new VirtualClock();
  const health = new Health(clock);
  const processor = {
    waiting: 0,
    outboxWork: { isRunning: false, sent: 0 },
  };
  const edgehub = {
    state: { state: "connected", since: 0 } as LinkState,
    load: { bufferedBytes: 0, isPaused: false, pauses: 0 },
  };
  const edged = {
    load: { bufferedBytes: 0, paused: 0 },
    stats: { received: 0 },
  };
  health.heartbeat("processor", () => processor.waiting);
  watchLoops(health, { processor, edgehub, edged }, {
    clock,
    edgehub: () => config.edgehub,
    timing: TIMING,
  });
  /** Looks once a second, as the housekeeping does. */
  const pass = async (seconds: number, each = () => {}) => {
    for (let i = 0; i < seconds; i++) {
      each();
      health.stalled();
      await clock.advance(1000);
    }
    return health.stalled();
  };
  return { health, processor, edgehub, edged, pass };
}

type Setup = Awaited<ReturnType<typeof setup>>;

/** How each loop is stopped by hand, and how long it may stand then. */
const BLOCKS: Readonly<
  Record<
    string,
    { block: (s: Setup) => void; move: (s: Setup) => void; limitS: number }
  >
> = {
  processor: {
    block: ({ processor }) => processor.waiting = 5,
    move: ({ processor }) => processor.waiting = 0,
    limitS: 30,
  },
  "agent reader": {
    block: ({ edged }) => edged.load = { bufferedBytes: 0, paused: 1 },
    move: ({ edged }) => edged.load = { bufferedBytes: 0, paused: 0 },
    limitS: 31,
  },
  "cloud reader": {
    block: ({ edgehub }) =>
      edgehub.load = { bufferedBytes: 0, isPaused: true, pauses: 1 },
    move: ({ edgehub }) =>
      edgehub.load = { bufferedBytes: 0, isPaused: false, pauses: 1 },
    limitS: 31,
  },
  // A dial of 30 s, twice, and a minute.
  "cloud link": {
    block: ({ edgehub }) => edgehub.state = { state: "dialling", since: 1 },
    move: ({ edgehub }) => edgehub.state = { state: "connected", since: 2 },
    limitS: 120 + 30,
  },
  // Deadlines of the link of 15 s, and a minute.
  outbox: {
    block: ({ processor }) =>
      processor.outboxWork = { isRunning: true, sent: 7 },
    move: ({ processor }) =>
      processor.outboxWork = { isRunning: true, sent: 8 },
    limitS: 75 + 30,
  },
};

for (const [name, { block, move, limitS }] of Object.entries(BLOCKS)) {
  Deno.test(`watchLoops, J3 stalled_loop_fails_liveness: ${name}`, async () => {
    const world = await setup();
    assertEquals(await world.pass(3600), [], "it may be idle for ever");
    block(world);
    assertEquals(await world.pass(limitS - 1), [], "it has its time");
    assertEquals(await world.pass(2), [name]);
    const report = world.health.report();
    assertEquals([report.live, report.stalled], [false, [name]]);
    move(world);
    assertEquals(await world.pass(1), [], "it moves again");
  });
}

Deno.test("watchLoops, what waits for its peer or for a neighbour is no stand-still", async () => {
  const { processor, edgehub, edged, pass } = await setup();
  // Readers wait while the processor has much to do and does it.
  edgehub.load = { bufferedBytes: 0, isPaused: true, pauses: 1 };
  edged.load = { bufferedBytes: 0, paused: 3 };
  let n = 0;
  assertEquals(
    await pass(600, () => processor.waiting = n++ % 10 === 0 ? 0 : 4096),
    [],
  );
  // Or while they get on, however often they are seen to wait.
  processor.waiting = 0;
  let pauses = 0;
  assertEquals(
    await pass(600, () => {
      edgehub.load = { bufferedBytes: 0, isPaused: true, pauses: pauses++ };
      edged.stats.received++;
    }),
    [],
  );
  edged.load = { bufferedBytes: 0, paused: 0 };
  // The link takes what it is given, slowly; the outbox comes behind that.
  edgehub.load = { bufferedBytes: 1000, isPaused: true, pauses: 1 };
  processor.outboxWork = { isRunning: true, sent: 0 };
  assertEquals(await pass(3600), []);
  // A loop that dials in vain for hours moves.
  edgehub.load = { bufferedBytes: 0, isPaused: false, pauses: 1 };
  processor.outboxWork = { isRunning: false, sent: 0 };
  const states = ["dialling", "disconnected"] as const;
  let dials = 0;
  assertEquals(
    await pass(7200, () => {
      if (dials++ % 60 > 0) return;
      edgehub.state = { state: states[dials % 2]!, since: dials };
    }),
    [],
  );
});

Deno.test("watchLoops, every loop that a node registers is tried here", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const start = async (...sets: string[]) => {
      const { config } = await loadConfig({
        hostname,
        sets: [`store.path=${folder}/s.db`, "admin.socket=", ...sets],
      });
      const clock = new SystemClock();
      const log = new Logger("node", { clock, sink: () => {} });
      await using node = new EdgeNode(config, { log });
      await node.start();
      return node.health.loops;
    };
    const all = await start(
      "edgehub.websocket.url=ws://127.0.0.1:1",
      `edged.socket=${folder}/edged.sock`,
    );
    assertEquals(all, Object.keys(BLOCKS).sort());
    assertEquals(await start("edged.socket="), ["processor"]);
    assert(all.length > 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
