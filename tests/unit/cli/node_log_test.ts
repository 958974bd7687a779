import { assertEquals, assertMatch } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { isJournal, nodeLog, stderrFile } from "../../../lib/cli/node_log.ts";
import { FakeIo } from "./fake_io.ts";

Deno.test("isJournal, the variable and the file have to be of one kind", () => {
  assertEquals(isJournal("8:1234", "8:1234"), true);
  // Its standard error was sent elsewhere, as by `2>file`.
  assertEquals(isJournal("8:1234", "8:99"), false);
  assertEquals(isJournal(undefined, "8:1234"), false);
  assertEquals(isJournal("", undefined), false);
  assertMatch(stderrFile() ?? "", /^\d+:\d+$/);
});

Deno.test("nodeLog, goes by the configuration and the environment", () => {
  const config = { level: "debug", format: "human" } as const;
  const clock = new SystemClock();
  const io = new FakeIo({ env: { JOURNAL_STREAM: stderrFile() ?? "" } });
  for (const journald of ["auto", "always", "never"] as const) {
    assertEquals(nodeLog(io, clock, { ...config, journald }).level, "debug");
  }
});

/** First line of a node's log whose standard error is a file. */
async function firstLine(
  env: (file: string) => Record<string, string>,
  ...sets: string[]
): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const err = `${folder}/err`;
    await Deno.writeTextFile(err, "");
    const { dev, ino } = await Deno.stat(err);
    const main = new URL("../../../main.ts", import.meta.url).pathname;
    const words = [
      "store.path=/dev/null/store.db",
      "edged.socket=",
      "admin.socket=",
      ...sets,
    ].map((set) => `--set ${set}`).join(" ");
    const { code } = await new Deno.Command("sh", {
      args: [
        "-c",
        `exec "${Deno.execPath()}" run -A --no-check "${main}" run ${words} 2>"${err}"`,
      ],
      env: env(`${dev}:${ino}`),
      stdin: "null",
    }).output();
    assertEquals(code, 1);
    const [line = ""] = (await Deno.readTextFile(err)).split("\n");
    return line;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("run, lines are the journal's where standard error is the journal", async () => {
  const line = await firstLine((file) => ({ JOURNAL_STREAM: file }));
  assertMatch(line, /^<4>WARN {2}node: edgehub\.websocket\.url is empty/);
  const elsewhere = await firstLine(() => ({ JOURNAL_STREAM: "1:1" }));
  assertMatch(elsewhere, /^\d{4}-.*Z WARN {2}node: /);
  const never = await firstLine(
    (file) => ({ JOURNAL_STREAM: file }),
    "log.journald=never",
  );
  assertMatch(never, /^\d{4}-/);
});
