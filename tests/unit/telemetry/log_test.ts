import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  Logger,
  type LoggerOptions,
  silentLogger,
} from "../../../lib/telemetry/mod.ts";
import { StillClock } from "./still_clock.ts";

function setup(options: Partial<LoggerOptions> = {}) {
  const clock = new StillClock();
  const lines: string[] = [];
  const log = new Logger("node", {
    clock,
    sink: (line) => lines.push(line),
    ...options,
  });
  return { clock, lines, log };
}

Deno.test("Logger, human line carries time, level, room, event and fields", () => {
  const { clock, lines, log } = setup();
  clock.elapsedMs = 123;
  log.child("edgehub").info("connected", {
    url: "wss://cloud/p/n/events",
    reason: "two words",
    attempts: 3,
    left: undefined,
    hint: "",
    list: ["a"],
  });
  assertEquals(lines, [
    "2026-11-21T21:00:00.123Z INFO  edgehub: connected " +
    'url=wss://cloud/p/n/events reason="two words" attempts=3 list=["a"]\n',
  ]);
});

Deno.test("Logger, JSON line is one object whose own names win", () => {
  const { lines, log } = setup({ format: "json" });
  log.warn("refused", { level: "x", status: 403, left: undefined });
  assertEquals(JSON.parse(lines[0] ?? ""), {
    time: "2026-11-21T21:00:00.000Z",
    level: "warn",
    room: "node",
    event: "refused",
    level_: "x",
    status: 403,
  });
});

Deno.test("Logger, one event is one line: control characters are escaped", () => {
  for (const format of ["human", "json"] as const) {
    const { lines, log } = setup({ format });
    log.info("a\nb\x1b[31m", {
      "na\rme": "x\ny\u2028z\x9b\u202e",
      object: { "k\n": "v\x07" },
    });
    assertEquals(lines.length, 1);
    const body = (lines[0] ?? "").slice(0, -1);
    // deno-lint-ignore no-control-regex -- these must not be there
    assert(!/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/.test(body), body);
    if (format === "json") JSON.parse(body);
  }
});

Deno.test("Logger, colours the human format only when asked to", () => {
  const { lines, log } = setup({ color: true });
  log.error("broken");
  assertEquals(
    lines[0],
    "\x1b[2m2026-11-21T21:00:00.000Z \x1b[0m\x1b[31mERROR\x1b[0m node: broken\n",
  );
});

Deno.test("Logger, level is shared with children and changes at run time", () => {
  const { lines, log } = setup({ level: "warn" });
  const child = log.child("store");
  child.info("unseen");
  assertEquals(child.enabled("info"), false);
  log.level = "debug";
  assertEquals(child.level, "debug");
  child.debug("seen");
  assertEquals(lines.length, 1);
  silentLogger(new StillClock()).error("nowhere");
});

Deno.test("Logger, a long line is cut and JSON stays JSON", () => {
  const fields = Object.fromEntries(
    [...Array(8).keys()].map((i) => [`f${i}`, "x".repeat(900)]),
  );
  const human = setup();
  human.log.info("long", fields);
  const line = human.lines[0] ?? "";
  assert(line.length < 4300, `${line.length}`);
  assertStringIncludes(line, "characters)");
  const json = setup({ format: "json" });
  json.log.info("long", fields);
  const record = JSON.parse(json.lines[0] ?? "");
  assertEquals(record.event, "long");
  assert(record.cut > 7000);
});

Deno.test("Logger, repeats fold to one line a minute with their count", () => {
  const { clock, lines, log } = setup();
  for (let second = 0; second < 180; second++) {
    clock.elapsedMs = second * 1000;
    log.error("dial failed", { second });
  }
  assertEquals(lines.length, 7);
  assertStringIncludes(lines[5] ?? "", "second=60 (repeated 55 times)");
  assertStringIncludes(lines[6] ?? "", "second=120 (repeated 59 times)");
  // A minute without any ends the fold.
  clock.elapsedMs = 10 * 60_000;
  log.flush();
  assertStringIncludes(
    lines[7] ?? "",
    "ERROR node: dial failed (repeated 59 times)",
  );
  clock.elapsedMs = 12 * 60_000;
  for (let i = 0; i < 5; i++) log.error("dial failed", { again: i });
  assertEquals(lines.length, 13);
});

Deno.test("Logger, flush of overdue counts leaves running minutes alone", () => {
  const { clock, lines, log } = setup();
  for (let i = 0; i < 8; i++) log.warn("a");
  clock.elapsedMs = 30_000;
  log.flush(true);
  assertEquals(lines.length, 5);
  clock.elapsedMs = 61_000;
  log.flush(true);
  assertEquals(lines.length, 6);
  assertStringIncludes(lines[5] ?? "", "WARN  node: a (repeated 3 times)");
  log.flush();
  assertEquals(lines.length, 6);
});

Deno.test("Logger, repeats of one room do not fold those of another", () => {
  const { lines, log } = setup();
  for (let i = 0; i < 9; i++) log.info("same");
  log.child("other").info("same");
  assertEquals(lines.length, 6);
});

Deno.test("Logger, debug lines are not folded", () => {
  const { lines, log } = setup({ level: "debug" });
  for (let i = 0; i < 50; i++) log.debug("frame", { i });
  assertEquals(lines.length, 50);
});

for (
  const [fault, speak] of Object.entries({
    "one line each 10 ms": (log: Logger, i: number) =>
      log.error("dial failed", { attempt: i, reason: "x".repeat(300) }),
    "forty voices with long lines": (log: Logger, i: number) =>
      log.child(`room${i % 4}`).warn(`event ${i % 10}`, {
        reason: "x".repeat(900),
      }),
    "no event like another": (log: Logger, i: number) =>
      log.info(`event ${i}`, { reason: "y".repeat(100) }),
  })
) {
  Deno.test(`Logger, log_volume_bounded: ${fault} stays under 1 MB an hour`, () => {
    const { clock, lines, log } = setup();
    for (let i = 0; i < 360_000; i++) {
      clock.elapsedMs = i * 10;
      speak(log, i);
      if (i % 100 === 0) log.flush(true);
    }
    const bytes = lines.reduce((sum, line) => sum + line.length, 0);
    assert(bytes < 1_000_000, `${bytes} bytes`);
    assert(lines.some((line) => line.includes("(repeated ")), "no counts");
    // Still speaking at the end, not mute.
    const last = Date.parse((lines.at(-1) ?? "").slice(0, 24));
    assert(clock.now() - last < 120_000, lines.at(-1) ?? "");
  });
}

Deno.test("Logger, writes to standard error by default", async () => {
  const code = `
    import { Logger } from ${
    JSON.stringify(new URL("../../../lib/telemetry/mod.ts", import.meta.url))
  };
    import { SystemClock } from ${
    JSON.stringify(new URL("../../../lib/base/mod.ts", import.meta.url))
  };
    new Logger("main", { clock: new SystemClock() }).info("started", { n: 1 });
  `;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", code],
    env: { NO_COLOR: "1" },
  });
  const { stderr, stdout, code: exit } = await command.output();
  assertEquals(exit, 0, new TextDecoder().decode(stderr));
  assertEquals(stdout.length, 0);
  assertStringIncludes(
    new TextDecoder().decode(stderr),
    "Z INFO  main: started n=1\n",
  );
});

Deno.test("Logger, survives a reader of standard error that went away", async () => {
  const code = `
    import { Logger } from ${
    JSON.stringify(new URL("../../../lib/telemetry/mod.ts", import.meta.url))
  };
    import { SystemClock } from ${
    JSON.stringify(new URL("../../../lib/base/mod.ts", import.meta.url))
  };
    await new Response(Deno.stdin.readable).text();
    new Logger("main", { clock: new SystemClock() }).info("started");
    Deno.stdout.writeSync(new TextEncoder().encode("alive"));
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", code],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child.stderr.cancel();
  await child.stdin.close();
  assertEquals(await new Response(child.stdout).text(), "alive");
  assertEquals((await child.status).code, 0);
});

Deno.test("Logger, for the journal lines begin with their priority and have no time", () => {
  for (
    const [format, expected] of [
      ["human", "ERROR node: broken n=1\n"],
      [
        "json",
        '{"time":"2026-11-21T21:00:00.000Z","level":"error","room":"node",' +
        '"event":"broken","n":1}\n',
      ],
    ] as const
  ) {
    const { lines, log } = setup({
      journald: true,
      color: true,
      format,
      level: "debug",
    });
    log.error("broken", { n: 1 });
    for (const level of ["warn", "info", "debug"] as const) log[level]("x");
    assertEquals(lines[0], `<3>${expected}`);
    assertEquals(lines.map((line) => line.slice(0, 3)), [
      "<3>",
      "<4>",
      "<6>",
      "<7>",
    ]);
  }
});

Deno.test("Logger, lines that standard error did not take are counted and told", () => {
  const stream = { text: "", works: false };
  const log = new Logger("node", {
    clock: new StillClock(),
    stream: {
      writeSync: (bytes) => {
        if (!stream.works) throw new Deno.errors.WouldBlock("EAGAIN");
        stream.text += new TextDecoder().decode(bytes);
        return bytes.length;
      },
    },
  });
  log.error("one");
  log.info("two");
  stream.works = true;
  log.info("three");
  log.debug("unseen");
  assertEquals(
    stream.text,
    "2026-11-21T21:00:00.000Z INFO  node: three\n" +
      "2026-11-21T21:00:00.000Z WARN  log: lines were lost, standard error " +
      "did not take them lines=2\n",
  );
  assertEquals(log.counts, {
    lines: { error: 1, warn: 0, info: 2, debug: 0 },
    lost: 2,
  });
  log.info("four");
  assertEquals(stream.text.split("\n").length, 4);
});

Deno.test("Logger, a room may have a level of its own", () => {
  const { lines, log } = setup({ level: "warn" });
  const store = log.child("store");
  const edged = log.child("edged");
  log.setRoomLevel("store", "debug");
  for (const one of [store, edged, log]) one.debug("x");
  assertEquals(lines.length, 1);
  log.setRoomLevel("store", "error");
  log.level = "debug";
  for (const one of [store, edged, log]) one.warn("y");
  assertEquals(lines.length, 3);
  log.setRoomLevel("store", undefined);
  store.debug("z");
  assertEquals(lines.length, 4);
  assertEquals([...log.rooms], [
    ["node", undefined],
    ["store", undefined],
    ["edged", undefined],
  ]);
});

Deno.test("Logger, warnings without end keep no error from being told once", () => {
  const { lines, log } = setup();
  for (let i = 0; i < 1000; i++) {
    log.warn(`event ${i % 200}`, { reason: "x".repeat(900) });
  }
  const before = lines.length;
  log.error("store failed");
  log.error("store failed");
  assertEquals(lines.length, before + 1);
  // Nor do warnings of the same words.
  log.child("b").warn("same");
  log.child("b").error("same");
  assertStringIncludes(lines.at(-1) ?? "", "ERROR b: same");
});
