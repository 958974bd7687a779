import { assertEquals, assertThrows } from "@std/assert";
import { ActionError } from "../../../lib/admin/mod.ts";
import {
  logLevelActions,
  LogLevels,
  logLevelViews,
} from "../../../lib/app/log_levels.ts";
import { Logger } from "../../../lib/telemetry/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

function setup() {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const log = new Logger("node", {
    clock,
    level: "warn",
    sink: (line) => lines.push(line.slice(25).trim()),
  });
  const edgehub = log.child("edgehub");
  const levels = new LogLevels(log, { clock });
  const post = logLevelActions(levels)["/log-level"]!;
  const get = () => logLevelViews(levels)["/log-level"]!(new URLSearchParams());
  return { clock, lines, log, edgehub, levels, post, get };
}

Deno.test("LogLevels, a change for a while is told of and undone", async () => {
  const { clock, lines, log, post, get } = setup();
  const known = ["edgehub", "node"];
  assertEquals(get(), { level: "warn", components: {}, known });
  assertEquals(post({ level: "debug", forSeconds: 600 }), {
    level: "debug",
    until: "2026-06-01T00:10:00.000Z",
    components: {},
    known,
  });
  log.debug("seen");
  await clock.advance(599_999);
  assertEquals(log.level, "debug");
  await clock.advance(1);
  assertEquals([log.level, clock.pending], ["warn", 0]);
  log.info("unseen");
  assertEquals(lines, [
    "INFO  node: log level changed level=debug",
    "DEBUG node: seen",
    "INFO  node: log level is back level=warn",
  ]);
});

Deno.test("LogLevels, what comes back is not what was for a while", async () => {
  const { clock, log, post } = setup();
  post({ level: "debug", forSeconds: 60 });
  await clock.advance(30_000);
  post({ level: "info", forSeconds: 60 });
  await clock.advance(59_999);
  assertEquals(log.level, "info");
  await clock.advance(1);
  assertEquals(log.level, "warn");
  // One that is to stay ends one that was for a while.
  post({ level: "debug", forSeconds: 60 });
  post({ level: "error" });
  await clock.advance(3_600_000);
  assertEquals([log.level, clock.pending], ["error", 0]);
  post({ level: "default" });
  assertEquals(log.level, "warn");
});

Deno.test("LogLevels, what another changed in between stays", async () => {
  const { clock, log, post } = setup();
  post({ level: "debug", forSeconds: 60 });
  // As a configuration that is read again does it.
  log.level = "error";
  await clock.advance(60_000);
  assertEquals(log.level, "error");
});

Deno.test("LogLevels, default is what is configured by then", () => {
  const { clock, log } = setup();
  let configured: "info" | "debug" = "info";
  const levels = new LogLevels(log, { clock, configured: () => configured });
  levels.set({ level: "error" });
  configured = "debug";
  levels.set({ level: "default" });
  assertEquals(log.level, "debug");
});

Deno.test("LogLevels, a component has a level of its own", async () => {
  const { clock, log, edgehub, post, get, levels } = setup();
  post({ level: "debug", component: "edgehub", forSeconds: 60 });
  assertEquals([log.enabled("debug"), edgehub.enabled("debug")], [false, true]);
  assertEquals(levels.report.components, {
    edgehub: { level: "debug", until: "2026-06-01T00:01:00.000Z" },
  });
  await clock.advance(60_000);
  assertEquals(edgehub.enabled("debug"), false);
  post({ level: "error", component: "edgehub" });
  assertEquals(edgehub.enabled("warn"), false);
  post({ level: "default", component: "edgehub" });
  assertEquals(edgehub.enabled("warn"), true);
  assertEquals(get(), {
    level: "warn",
    components: {},
    known: ["edgehub", "node"],
  });
});

Deno.test("LogLevels, orders that make no sense are refused", () => {
  const { post, log } = setup();
  for (
    const [input, status] of [
      [undefined, 400],
      [{ level: "loud" }, 400],
      [{ level: "debug", forSeconds: 0 }, 400],
      [{ level: "debug", forSeconds: -1 }, 400],
      [{ level: "debug", forSeconds: "x" }, 400],
      [{ level: "debug", forSeconds: 1e9 }, 400],
      [{ level: "debug", component: "no-such" }, 404],
    ] as const
  ) {
    const error = assertThrows(() => post(input), ActionError);
    assertEquals((error as ActionError).status, status, JSON.stringify(input));
  }
  assertEquals(log.level, "warn");
});

Deno.test("LogLevels, no timer outlives it", async () => {
  const { clock, post, levels } = setup();
  await levels.start();
  post({ level: "debug", forSeconds: 60 });
  await levels.drain();
  await levels.stop();
  assertEquals(clock.pending, 0);
});
