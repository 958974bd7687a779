import { parse } from "@std/yaml";
import manifest from "../../../../deno.json" with { type: "json" };
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { EdgeNode } from "../../../../lib/app/mod.ts";
import { SystemClock } from "../../../../lib/base/mod.ts";
import { main } from "../../../../lib/cli/mod.ts";
import { loadConfig } from "../../../../lib/config/mod.ts";
import { Logger } from "../../../../lib/telemetry/mod.ts";
import { until } from "../../../support/edged_harness.ts";
import { FakeIo } from "../fake_io.ts";

/** An `Io` whose reader goes once it has read enough. */
class ReadIo extends FakeIo {
  readonly #reader = new AbortController();
  readonly stdoutEnded = this.#reader.signal;
  readonly #enough: (out: string) => boolean;

  constructor(enough: (out: string) => boolean) {
    super();
    this.#enough = enough;
  }

  override stdout(text: string): void {
    super.stdout(text);
    if (this.#enough(this.out)) this.#reader.abort();
  }
}

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
    assertMatch(
      out,
      /^node {4}edge-1, up \d+s, metamanager \d\S+\ncloud {3}standalone since /,
    );
    assertMatch(
      out,
      /\nagents {2}none\nstore {3}0 objects, .*\noutbox {2}0 not/,
    );
    assertMatch(out, /\n\nCHECK {3}STATE {2}REASON\n/);
    assertMatch(out, /\nstore {3}ok\n/);
    const json = await status(sets, { args: ["-o", "json"] });
    const page = JSON.parse(json.out);
    assertEquals([page.node, page.version], ["edge-1", manifest.version]);
    const yaml = await status(sets, { args: ["-o", "yaml"] });
    assertEquals(Object.keys(parse(yaml.out) as object), Object.keys(page));
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
      assertMatch(
        out,
        /^cloud {3}\w+ since \S+Z \(\d+s\), ws:\/\/127\.0\.0\.1:1$/m,
      );
    },
    ["edgehub.websocket.url=ws://127.0.0.1:1"],
  ));

Deno.test("status, without a node it says so", () =>
  withNode(async (_node, sets) => {
    const { code, out, err } = await status(sets);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, "No node runs");
  }));

Deno.test("status --watch, in a pipe a block or a line per look, while the node restarts too", () =>
  withNode(async (node, sets) => {
    const watch = (args: readonly string[], io: FakeIo) =>
      status(sets, { args: ["-w", "--interval", "100ms", ...args], io });
    const early = new ReadIo((out) => out.includes("\noutbox"));
    const done = watch([], early);
    await until(() => early.err.includes("No node runs"), "it says so");
    await node.start();
    assertEquals((await done).code, 0);
    assertMatch(early.out, /^node {4}edge-1/);
    const lines = (out: string) => out.trim().split("\n");
    const json = new ReadIo((out) => lines(out).length === 3);
    await watch(["-o", "json"], json);
    const nodes = lines(json.out).map((line) => JSON.parse(line).node);
    assertEquals(nodes, ["edge-1", "edge-1", "edge-1"]);
    const yaml = new ReadIo((out) => out.includes("\n---\nnode: edge-1\n"));
    await watch(["-o", "yaml"], yaml);
    assertEquals(yaml.err, "");
  }));

Deno.test("status --watch, wrong intervals are told", () =>
  withNode(async (_node, sets) => {
    for (const text of ["0", "10ms", "25h", "soon"]) {
      const { code, err } = await status(sets, {
        args: ["--watch", "--interval", text],
      });
      assertEquals(code, 2);
      assertStringIncludes(err, "expects a time from 100ms to 24h");
    }
    const { code, err } = await status(sets, { args: ["--interval", "1s"] });
    assertEquals(code, 2);
    assertStringIncludes(err, "--interval needs --watch");
  }));
