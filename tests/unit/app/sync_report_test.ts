import { assertEquals } from "@std/assert";
import { syncHealth, syncReport } from "../../../lib/app/sync_report.ts";

const STATUS = {
  state: "synced" as const,
  sinceMs: 0,
  done: 3,
  total: 10,
  completedMs: 60_000,
  reason: "",
};

Deno.test("syncReport, says how far the node is", () => {
  assertEquals(syncReport(STATUS), {
    state: "synced",
    text: "synced",
    since: "1970-01-01T00:00:00.000Z",
    done: 3,
    total: 10,
    completed: "1970-01-01T00:01:00.000Z",
    reason: "",
  });
  const syncing = { ...STATUS, state: "syncing" as const, completedMs: 0 };
  assertEquals(syncReport(syncing).text, "syncing 3/10");
  assertEquals(syncReport(syncing).completed, "");
  assertEquals(
    syncReport({ ...STATUS, state: "not-synced" }).text,
    "not synced since 1970-01-01T00:00:00.000Z",
  );
});

Deno.test("syncHealth, a node without its cloud is well, one that lacks answers is not", () => {
  assertEquals(syncHealth(STATUS, true), { state: "ok", reason: "" });
  const away = { ...STATUS, state: "not-synced" as const };
  assertEquals(syncHealth(away, true), {
    state: "ok",
    reason: "not synced since 1970-01-01T00:00:00.000Z",
  });
  assertEquals(syncHealth(away, false), {
    state: "degraded",
    reason: "never been in sync with the cloud",
  });
  assertEquals(syncHealth({ ...away, reason: "no answer" }, false), {
    state: "degraded",
    reason: "not synced since 1970-01-01T00:00:00.000Z: no answer",
  });
});
