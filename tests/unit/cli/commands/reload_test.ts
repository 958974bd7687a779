import { assertEquals, assertStringIncludes } from "@std/assert";
import { ActionError } from "../../../../lib/admin/mod.ts";
import { EdgeNode } from "../../../../lib/app/mod.ts";
import { SystemClock } from "../../../../lib/base/mod.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { loadConfig } from "../../../../lib/config/mod.ts";
import { Logger } from "../../../../lib/telemetry/mod.ts";
import { FakeIo } from "../fake_io.ts";

async function reload(...args: readonly string[]) {
  const io = new FakeIo();
  const code = await main(["reload", ...args], io);
  return { code, ...io };
}

Deno.test("reload, tells what counts now, what the cloud is dialled for, and what waits", async () => {
  const folder = await Deno.makeTempDir();
  const sets = [
    `store.path=${folder}/store.db`,
    `admin.socket=${folder}/admin.sock`,
    "edged.socket=",
  ];
  const args = sets.flatMap((set) => ["--set", set]);
  const applied = [
    { key: "log.level", from: "info", to: "debug", live: "at-once" },
    { key: "edgehub.proxy", from: "", to: "", live: "redial" },
  ];
  const needsRestart = [
    { key: "store.path", from: "a", to: "b", live: "restart" },
  ];
  const answers: (() => unknown)[] = [
    () => ({ applied, needsRestart }),
    () => ({ applied, needsRestart }),
    () => ({ applied: [], needsRestart: [] }),
    () => {
      throw new ActionError(409, "Cannot use it: a.b");
    },
  ];
  try {
    const { config } = await loadConfig({ sets, hostname: () => "edge-1" });
    const clock = new SystemClock();
    await using node = new EdgeNode(config, {
      log: new Logger("node", { clock, sink: () => undefined }),
      actions: { "/reload": () => answers.shift()?.() },
    });
    await node.start();
    const text = await reload(...args);
    assertEquals([text.code, text.err], [0, ""]);
    assertEquals(text.out.split("\n"), [
      "log.level: info -> debug (applied)",
      "edgehub.proxy (applied, the cloud is dialled anew)",
      "store.path: a -> b (needs a restart)",
      "",
    ]);
    const json = await reload(...args, "-o", "json");
    assertEquals(JSON.parse(json.out), { applied, needsRestart });
    assertEquals((await reload(...args)).out, "Nothing has changed\n");
    const refused = await reload(...args);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.err, "Cannot use it: a.b");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("reload, a file with a mistake is told before the node is asked", async () => {
  const { code, err } = await reload("--set", "log.level=loud");
  assertEquals(code, 2);
  assertStringIncludes(err, "log.level");
});
