import { assertEquals } from "@std/assert";
import { type Clock, SystemClock, type Timer } from "../../lib/base/mod.ts";
import { Logger } from "../../lib/telemetry/mod.ts";
import { fromCloud, pod } from "../support/messages.ts";
import { World } from "../support/node_world.ts";

/** Milliseconds of a stop that no other timer has. */
const STOP_MS = 4444;

/** A clock that cannot measure how long a drain takes. */
class BrokenClock implements Clock {
  readonly #clock = new SystemClock();

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delayMs: number, run: () => void): Timer {
    if (delayMs === STOP_MS / 4) throw new TypeError("No timers left");
    return this.#clock.after(delayMs, run);
  }

  defer(run: () => void): Timer {
    return this.#clock.defer(run);
  }
}

Deno.test("clean_stop_flushes, J5: a drain that fails keeps nothing from stopping", async () => {
  await using world = await World.start();
  const clock = new BrokenClock();
  const lines: string[] = [];
  const node = await world.node({
    // Nothing gives the processor a turn before it is to drain.
    sets: ["edgehub.websocket.url=", "edged.socket="],
    parts: {
      clock,
      timing: { stopMs: STOP_MS },
      log: new Logger("node", { clock, sink: (line) => lines.push(line) }),
    },
  });
  await node.start();
  // The processor has something to drain.
  const message = fromCloud("insert", "default/pod/a", pod("a", 1));
  node.router.send("metamanager", { message, from: "websocket" });
  await node.stop();
  assertEquals(
    lines.filter((line) => line.includes("part did not drain")).length > 0,
    true,
    lines.join(""),
  );
  assertEquals(await Deno.readTextFile(`${world.storePath}.lock`), "clean\n");
  assertEquals([...Deno.readDirSync(`${world.folder}/run`)], []);
});
