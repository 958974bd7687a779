import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { EdgeNode } from "../../../../lib/app/mod.ts";
import { SystemClock } from "../../../../lib/base/mod.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { loadConfig } from "../../../../lib/config/mod.ts";
import { Logger } from "../../../../lib/telemetry/mod.ts";
import { FakeIo } from "../fake_io.ts";

async function withNode(
  run: (node: EdgeNode, sets: readonly string[]) => Promise<void>,
  more: readonly string[] = [],
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const sets = [
    `store.path=${folder}/store.db`,
    `admin.socket=${folder}/admin.sock`,
    "edged.socket=",
    ...more,
  ];
  const { config } = await loadConfig({ sets, hostname: () => "edge-1" });
  const clock = new SystemClock();
  const log = new Logger("node", { clock, sink: () => undefined });
  try {
    await using node = new EdgeNode(config, { log });
    await run(node, sets);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function status(
  sets: readonly string[],
  { args = [], io = new FakeIo() }: {
    args?: readonly string[];
    io?: FakeIo;
  } = {},
) {
  const words = sets.flatMap((set) => ["--set", set]);
  const code = await main(["status", ...args, ...words], io);
  return { code, out: io.out, err: io.err };
}

Deno.test("status, says how the node does, for people and for programs", () =>
  withNode(async (node, sets) => {
    await node.start();
    const { code, out, err } = await status(sets);
    assertEquals([code, err], [0, ""]);
    assertMatch(out, /^node {4}edge-1, up \d+s\ncloud {3}standalone since /);
    assertMatch(
      out,
      /\nagents {2}none\nstore {3}0 objects, .*\noutbox {2}0 not/,
    );
    assertMatch(out, /\n\nCHECK {3}STATE {2}REASON\n/);
    assertMatch(out, /\nstore {3}ok\n/);
    const json = await status(sets, { args: ["-o", "json"] });
    assertEquals(JSON.parse(json.out).node, "edge-1");
  }));

Deno.test("status, what is not well is named with its reason; failed exits 1", () =>
  withNode(async (node, sets) => {
    await node.start();
    node.health.set("messages", "degraded", "two were refused");
    const degraded = await status(sets);
    assertEquals(degraded.code, 0);
    assertStringIncludes(
      degraded.out,
      "messages  degraded  two were refused\n",
    );
    node.health.set("store", "failed", "disk full");
    const failed = await status(sets, { io: new FakeIo({ terminal: true }) });
    assertEquals(failed.code, 1);
    assertStringIncludes(
      failed.out,
      "store     \x1b[31mfailed\x1b[0m    disk full\n",
    );
  }));

Deno.test("status, the cloud is named by its address, without the long path", () =>
  withNode(
    async (node, sets) => {
      await node.start();
      const { out } = await status(sets);
      assertMatch(out, /^cloud {3}\w+ since \S+Z, ws:\/\/127\.0\.0\.1:1$/m);
    },
    ["edgehub.websocket.url=ws://127.0.0.1:1"],
  ));

Deno.test("status, without a node it says so", () =>
  withNode(async (_node, sets) => {
    const { code, out, err } = await status(sets);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, "No node runs");
  }));
