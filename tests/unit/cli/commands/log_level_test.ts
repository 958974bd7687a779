import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { EdgeNode } from "../../../../lib/app/mod.ts";
import { SystemClock } from "../../../../lib/base/mod.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { loadConfig } from "../../../../lib/config/mod.ts";
import { Logger } from "../../../../lib/telemetry/mod.ts";
import { FakeIo } from "../fake_io.ts";

async function ask(sets: readonly string[], ...words: string[]) {
  const io = new FakeIo();
  const args = sets.flatMap((set) => ["--set", set]);
  const code = await main(["log-level", ...words, ...args], io);
  return { code, out: io.out, err: io.err };
}

Deno.test("log-level, shows and changes what the running node logs", async () => {
  const folder = await Deno.makeTempDir();
  const sets = [
    `store.path=${folder}/store.db`,
    `admin.socket=${folder}/admin.sock`,
    "edged.socket=",
  ];
  try {
    assertEquals((await ask(sets)).code, 1);
    const { config } = await loadConfig({ sets, hostname: () => "edge-1" });
    const clock = new SystemClock();
    const log = new Logger("node", { clock, sink: () => undefined });
    await using node = new EdgeNode(config, { log });
    await node.start();
    assertEquals(
      (await ask(sets)).out,
      "COMPONENT  LEVEL  UNTIL\nall        info   restart\n",
    );
    const changed = await ask(sets, "debug", "--for", "10m");
    assertEquals([changed.code, changed.err], [0, ""]);
    assertMatch(changed.out, /\nall +debug +\d{4}-.*Z\n$/);
    assertEquals(log.level, "debug");
    const one = await ask(sets, "error", "--component", "store", "-o", "json");
    const report = JSON.parse(one.out);
    assertEquals(report.components, { store: { level: "error" } });
    assertEquals(report.level, "debug");
    assertMatch(
      (await ask(sets)).out,
      /\nall others +debug .*\nstore +error +restart\n$/,
    );
    await ask(sets, "default");
    assertEquals(log.level, "info");
    const none = await ask(sets, "debug", "--component", "x");
    assertEquals(none.code, 1);
    assertStringIncludes(none.err, "hint: There are admin, ");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("log-level, what makes no sense is a usage error", async () => {
  for (
    const [words, part] of [
      [["loud"], "Argument expects error, warn, info or debug, got: loud"],
      [["debug", "info"], "Unexpected argument: info"],
      [["--for", "10m"], "Expected a level"],
      [["debug", "--for", "soon"], "Option --for expects a duration"],
      [["debug", "--for", "0"], "Option --for expects a duration"],
    ] as const
  ) {
    const { code, err } = await ask([], ...words);
    assertEquals(code, 2, err);
    assertStringIncludes(err, part);
  }
  const io = new FakeIo();
  assertEquals(await main(["run", "--log-level", "loud"], io), 2);
  assertStringIncludes(io.err, "Option --log-level expects error, warn");
});
