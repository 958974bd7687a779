import { assertEquals, assertStringIncludes } from "@std/assert";
import { EdgeNode } from "../../../../lib/app/mod.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { loadConfig } from "../../../../lib/config/mod.ts";
import { Logger } from "../../../../lib/telemetry/mod.ts";
import { SystemClock } from "../../../../lib/base/mod.ts";
import { FakeIo } from "../fake_io.ts";

/** Runs the command against the node in a folder, if one runs there. */
async function reconnect(sets: readonly string[]) {
  const io = new FakeIo();
  const args = sets.flatMap((set) => ["--set", set]);
  const code = await main(["reconnect", ...args], io);
  return { code, ...io };
}

async function startNode(sets: readonly string[]): Promise<EdgeNode> {
  const { config } = await loadConfig({ sets, hostname: () => "edge-1" });
  const clock = new SystemClock();
  const log = new Logger("node", { clock, sink: () => undefined });
  const node = new EdgeNode(config, { log });
  await node.start();
  return node;
}

Deno.test("reconnect, asks the running node, or says what is in the way", async () => {
  const folder = await Deno.makeTempDir();
  const sets = [
    `store.path=${folder}/store.db`,
    `admin.socket=${folder}/admin.sock`,
    "edged.socket=",
  ];
  try {
    const down = await reconnect(sets);
    assertEquals(down.code, 1);
    assertStringIncludes(down.err, "No node runs");
    assertStringIncludes(down.err, "hint: Start it, or give the configuration");
    {
      await using _standalone = await startNode(sets);
      const refused = await reconnect(sets);
      assertEquals(refused.code, 1);
      assertStringIncludes(refused.err, "standalone");
    }
    await using node = await startNode([
      ...sets,
      "edgehub.websocket.url=ws://127.0.0.1:1",
      "edgehub.reconnect.base=3600",
      "edgehub.reconnect.cap=3600",
    ]);
    const done = await reconnect(sets);
    assertEquals([done.code, done.err], [0, ""]);
    assertStringIncludes(done.out, "dials");
    assertStringIncludes(node.status().link.url, "ws://127.0.0.1:1/");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
