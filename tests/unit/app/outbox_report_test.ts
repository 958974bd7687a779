import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  outboxCounts,
  outboxHealth,
  outboxMessage,
} from "../../../lib/app/outbox_report.ts";
import { processorFigures } from "../../../lib/app/processor_figures.ts";
import { LIMITS } from "../../../lib/base/mod.ts";
import { Metrics } from "../../../lib/telemetry/mod.ts";

const NONE = { rows: 0, bytes: 0 };

function health(
  found: {
    all?: object;
    events?: object;
    parked?: number;
    ageMs?: number;
    refused?: number;
  },
) {
  const nowMs = 1_800_000_000_000;
  return outboxHealth({
    outboxOldestMs: () => nowMs - (found.ageMs ?? 0),
    outboxUse: (type) => ({
      ...NONE,
      ...(type === "event" ? found.events : found.all),
    }),
    outboxParked: () => found.parked ?? 0,
  }, { nowMs, refused: found.refused ?? 0 });
}

Deno.test("outboxHealth, tells depth, age and refusals, and is well all the same", () => {
  const waiting = { all: { rows: 7 }, ageMs: 185_000 };
  assertEquals(health(waiting), {
    state: "ok",
    reason: "7 not confirmed, the oldest for 3 min",
  });
  assertEquals(health({ ...waiting, ageMs: 59_000, refused: 2 }), {
    state: "ok",
    reason: "2 refused by the cloud since the start",
  });
  const { state, reason } = health({ ...waiting, parked: 1, refused: 2 });
  assertEquals(state, "degraded");
  assertStringIncludes(reason, "1 parked");
  assertStringIncludes(reason, "7 not confirmed");
  assertStringIncludes(reason, "2 refused");
});

Deno.test("outboxHealth, is degraded by what is parked and by bounds, with the reason", () => {
  assertEquals(health({}), { state: "ok", reason: "" });
  const cases = [
    [{ parked: 2 }, "2 parked"],
    [{ all: { rows: LIMITS.outboxMessagesMax } }, "full"],
    [{ all: { bytes: LIMITS.outboxBytesMax } }, "full"],
    [{ events: { rows: LIMITS.outboxEventsMax } }, "1000 events"],
  ] as const;
  for (const [found, reason] of cases) {
    const report = health(found);
    assertEquals(report.state, "degraded");
    assertStringIncludes(report.reason, reason);
  }
});

Deno.test("outboxMessage, says in which state a message is", () => {
  const row = {
    id: 1,
    msgId: "m",
    resource: "default/pod/a",
    type: "pod",
    operation: "delete",
    createdAtMs: 1000,
    attempts: 0,
    parkedAtMs: 0,
    bytes: 9,
  };
  const at = (isSent: boolean) => ({ nowMs: 3600, isSent });
  const sent = outboxMessage(row, at(true));
  assertEquals([sent.state, sent.ageSeconds], ["sent", 3]);
  assertEquals(outboxMessage(row, at(false)).state, "waiting");
  assertEquals(
    outboxMessage({ ...row, parkedAtMs: 5 }, at(true)).state,
    "parked",
  );
  const ahead = outboxMessage({ ...row, createdAtMs: 9999 }, at(false));
  assertEquals(ahead.ageSeconds, 0, "the wall clock may jump");
});

Deno.test("outboxCounts, reads what the processor counted", () => {
  const metrics = new Metrics();
  const none = { refused: 0, parked: 0, eventsDropped: 0, turnedAway: 0 };
  assertEquals(outboxCounts(metrics), none);
  const figures = processorFigures(metrics);
  figures.refused.inc(1);
  figures.parked.inc(2);
  figures.noted.with("event-dropped").inc(3);
  figures.noted.with("outbox-full").inc(4);
  assertEquals(outboxCounts(metrics), {
    refused: 1,
    parked: 2,
    eventsDropped: 3,
    turnedAway: 4,
  });
});
