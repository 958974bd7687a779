import { assertEquals } from "@std/assert";
import { Housekeeping } from "../../../lib/app/housekeeping.ts";
import { Health, Metrics } from "../../../lib/telemetry/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

function world() {
  const clock = new VirtualClock();
  const health = new Health(clock);
  const store = {
    problems: [] as string[],
    synced: false,
    broken: false,
    outboxUse: () => ({ rows: 0, bytes: 0 }),
    outboxOldestMs: () => 0,
    parked: 0,
    outboxParked() {
      return this.parked;
    },
    tended: 0,
    tend() {
      this.tended++;
    },
    isSynced() {
      if (this.broken) throw new Error("disk I/O error");
      return this.synced;
    },
  };
  const lines: string[] = [];
  let flushes = 0;
  const log = {
    error: (event: string, fields?: Readonly<Record<string, unknown>>) => {
      lines.push(`${event} ${JSON.stringify(fields)}`);
    },
    flush: () => void flushes++,
  };
  const sync = () => ({
    state: "synced" as const,
    sinceMs: 0,
    done: 0,
    total: 0,
    completedMs: 0,
    reason: "",
  });
  const housekeeping = new Housekeeping({
    clock,
    health,
    store,
    log,
    sync,
    metrics: new Metrics(),
  });
  const state = (name: string) => health.get(name)?.state;
  return {
    clock,
    health,
    store,
    lines,
    housekeeping,
    state,
    flushes: () => flushes,
  };
}

Deno.test("Housekeeping keeps the checks of the store true", async () => {
  const { housekeeping, clock, store, state, health } = world();
  await housekeeping.start();
  assertEquals([state("store"), state("sync")], ["ok", "degraded"]);
  store.synced = true;
  store.problems.push("Not in sync since yesterday");
  await clock.advance(1000);
  assertEquals([state("store"), state("sync")], ["degraded", "ok"]);
  assertEquals(health.get("store")?.reason, "Not in sync since yesterday");
  assertEquals(state("outbox"), "ok");
  store.parked = 2;
  store.problems.pop();
  await clock.advance(1000);
  assertEquals([state("store"), state("outbox")], ["ok", "degraded"]);
  assertEquals([state("store"), store.tended], ["ok", 3]);
  await housekeeping.stop();
  assertEquals(clock.pending, 0);
});

Deno.test("Housekeeping leaves a failure of the moment to the processor", async () => {
  const { housekeeping, clock, state, health } = world();
  health.set("store", "failed", "disk full");
  await housekeeping.start();
  await clock.advance(5000);
  assertEquals(state("store"), "failed");
  await housekeeping.stop();
});

Deno.test("stalled_loop_fails_liveness, is logged once and flushes go on", async () => {
  const { housekeeping, clock, health, lines, flushes } = world();
  health.heartbeat("processor", () => 3);
  await housekeeping.start();
  await clock.advance(40_000);
  assertEquals(health.report().live, false);
  assertEquals(lines, ['loop stands still {"loops":"processor"}']);
  assertEquals(flushes(), 41);
  await housekeeping.stop();
});

Deno.test("Housekeeping goes on when the store cannot be read, and says so", async () => {
  const { housekeeping, clock, store, state, health } = world();
  await housekeeping.start();
  store.broken = true;
  await clock.advance(1000);
  assertEquals(state("store"), "failed");
  assertEquals(health.get("store")?.reason.includes("disk I/O error"), true);
  store.broken = false;
  await clock.advance(1000);
  assertEquals(state("store"), "ok");
  await housekeeping.stop();
  assertEquals(clock.pending, 0);
});

Deno.test("Housekeeping.look() brings the checks up to date at once", async () => {
  const { housekeeping, store, state } = world();
  await housekeeping.start();
  store.synced = true;
  housekeeping.look();
  assertEquals(state("sync"), "ok");
  await housekeeping.stop();
});
