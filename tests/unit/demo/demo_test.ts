import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type Act,
  ACTS,
  type DemoOptions,
  runActs,
} from "../../../lib/demo/demo.ts";
import type { DemoEvent } from "../../../lib/demo/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const [connect, insert, update] = ACTS;
assert(connect && insert && update);

/** Runs it, and tells what was shown and whether its folder is gone. */
async function run(
  acts: readonly Act[],
  options: Partial<DemoOptions> = {},
) {
  const events: DemoEvent[] = [];
  let folder = "";
  const note: Act = (stage) => {
    folder = stage.world.store.replace(/\/store\/.*/, "");
    return Promise.resolve();
  };
  const result = await runActs([note, ...acts], {
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { events, result, folder };
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("runDemo, every step of all acts holds, and nothing is left", async () => {
  const { events, result, folder } = await run(ACTS);
  const failed = events.find(({ kind }) => kind === "failed");
  assertEquals(failed, undefined);
  assertEquals(result.ok, true);
  assertEquals(events.filter(({ kind }) => kind === "act").length, 10);
  const steps = events.filter((event) => event.kind === "step");
  assertEquals(result.steps, steps.length);
  assertEquals(result.folder, undefined);
  assertMatch(folder, /metamanager-demo-/);
  assertEquals(await exists(folder), false);
  const operations = new Set(steps.map(({ operation }) => operation));
  for (
    const operation of [
      "connect",
      "insert",
      "update",
      "delete",
      "query",
      "response",
    ]
  ) assert(operations.has(operation), operation);
});

/** Once in sync agents get everything anew, which no step waits for. */
const patient: Act = async (stage) => {
  await stage.story.until(() => stage.world.status().synced, {
    expected: "in sync",
    came: () => "not in sync",
  });
};

Deno.test("runDemo, the first step that does not hold ends it and says why", async () => {
  const sabotage: Act = (stage) => {
    stage.world.hub.faults.loseDownstream = true;
    return Promise.resolve();
  };
  const { events, result, folder } = await run(
    [connect, patient, insert, sabotage, update],
    { timeoutMs: 1500 },
  );
  assertEquals(result.ok, false);
  const last = events.at(-1);
  assert(last?.kind === "failed");
  assertEquals([last.step, last.from, last.to], ["3.2", "node", "edged"]);
  assertEquals(last.expected, "update default/pod/web-0 within 1.5 s");
  assertEquals(last.came, "nothing from node to edged");
  assertEquals(await exists(folder), false);
});

Deno.test("runDemo, an answer other than the wanted one fails its step", async () => {
  const wrong: Act = async (stage) => {
    stage.story.act("Wrong");
    await stage.asks("query", "default/pod", { reason: "NotSynced" });
  };
  const { events, result } = await run([connect, patient, wrong]);
  assertEquals(result.ok, false);
  const last = events.at(-1);
  assert(last?.kind === "failed");
  assertEquals(last.expected, 'answer: "NotSynced"');
  assertEquals(last.came, '"done"');
});

Deno.test("runDemo, an answer that needed the cloud fails a step that allows none", async () => {
  const asked: Act = async (stage) => {
    stage.story.act("Asked");
    await stage.asks("query", "default/secret/x", { reason: "NotFound" });
  };
  const { events } = await run([connect, asked]);
  const last = events.at(-1);
  assert(last?.kind === "failed");
  assertEquals(last.expected, "an answer without asking the cloud");
});

Deno.test("runDemo, a signal ends it and everything is cleaned up", async () => {
  const controller = new AbortController();
  let folder = "";
  const endless: Act = async (stage) => {
    folder = stage.world.store.replace(/\/store\/.*/, "");
    stage.story.act("Endless");
    await stage.story.step(
      { from: "user", to: "node", operation: "wait", resource: "-" },
      () => {
        controller.abort("SIGINT");
        return new Promise(() => {});
      },
    );
  };
  const reason = await runActs([connect, endless], {
    onEvent: () => {},
    signal: controller.signal,
  }).then(() => "done", (reason) => reason);
  assertEquals(reason, "SIGINT");
  assertEquals(await exists(folder), false);
});

Deno.test("runDemo, a failure of the surroundings is thrown, and cleaned up", async () => {
  let folder = "";
  const broken: Act = (stage) => {
    folder = stage.world.store.replace(/\/store\/.*/, "");
    return Promise.reject(new TypeError("broken"));
  };
  const error = await runActs([broken], { onEvent: () => {} })
    .then(() => undefined, (error) => error);
  assert(error instanceof TypeError);
  assertEquals(await exists(folder), false);
});

Deno.test("runDemo, the folder is kept if wanted, its files for its owner only", async () => {
  const { result } = await run([connect], { keep: true });
  const { folder } = result;
  assert(folder);
  try {
    for (
      const file of [
        "client.pem",
        "client-key.pem",
        "ca.pem",
        "store/metamanager.db",
      ]
    ) {
      const { mode } = await Deno.stat(`${folder}/${file}`);
      assertEquals((mode ?? 0) & 0o777, 0o600, file);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("runActs, tells its folder before anything runs in it", async () => {
  const told: string[] = [];
  const { folder } = await run([], { onFolder: (path) => told.push(path) });
  assertEquals(told, [folder]);
});

Deno.test("runDemo, the step it is at when its time is up does not hold, and all is cleaned up", async () => {
  const clock = new VirtualClock();
  const endless: Act = async (stage) => {
    stage.story.act("Endless");
    await stage.story.step(
      { from: "user", to: "node", operation: "wait", resource: "-" },
      async () => {
        await clock.advance(50);
        return await new Promise<string>(() => {});
      },
    );
  };
  const { events, result, folder } = await run([endless], {
    limitMs: 50,
    clock,
  });
  assertEquals([result.ok, result.steps], [false, 0]);
  const last = events.at(-1);
  assert(last?.kind === "failed");
  assertEquals([last.step, last.operation], ["1.1", "wait"]);
  assertEquals(last.expected, "the end of the demonstration within 0.05 s");
  assertEquals(await exists(folder), false);
});

Deno.test("runDemo, time that is up between two steps ends it, too, and is told once", async () => {
  const clock = new VirtualClock();
  const hop = { from: "user", to: "node", operation: "go", resource: "-" };
  const stuck: Act = async (stage) => {
    stage.story.act("Stuck");
    await stage.story.step(hop as never, () => "gone");
    await clock.advance(50);
    await new Promise(() => {});
  };
  const { events, result } = await run([stuck], { limitMs: 50, clock });
  assertEquals([result.ok, result.steps], [false, 1]);
  assertEquals(events.map(({ kind }) => kind), ["act", "step", "failed"]);
});

Deno.test("runDemo, a demonstration that ends leaves no timer of its limit", async () => {
  const clock = new VirtualClock();
  const { ok } = await runActs([], { onEvent: () => {}, clock });
  assertEquals([ok, clock.pending], [true, 0]);
});
