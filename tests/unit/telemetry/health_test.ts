import { assertEquals } from "@std/assert";
import { Health, type HealthCheck } from "../../../lib/telemetry/mod.ts";
import { StillClock } from "./still_clock.ts";

Deno.test("Health, the worst check is the state and each names its reason", () => {
  const clock = new StillClock();
  const changes: HealthCheck[] = [];
  const health = new Health(clock, { changed: (c) => changes.push(c) });
  assertEquals(health.report().state, "ok");
  health.set("store", "ok");
  clock.elapsedMs = 1000;
  health.set("link", "degraded", "no answer for 30 s");
  assertEquals(health.report(), {
    state: "degraded",
    checks: [
      {
        name: "link",
        state: "degraded",
        reason: "no answer for 30 s",
        sinceMs: clock.now(),
      },
      { name: "store", state: "ok", reason: "", sinceMs: clock.now() - 1000 },
    ],
    live: true,
    stalled: [],
  });
  health.set("store", "failed", "disk full");
  assertEquals(health.report().state, "failed");
  assertEquals(changes.map((c) => `${c.name} ${c.state}`), [
    "store ok",
    "link degraded",
    "store failed",
  ]);
});

Deno.test("Health, since stays while the state does and the reason may change", () => {
  const clock = new StillClock();
  let changes = 0;
  const health = new Health(clock, { changed: () => changes++ });
  health.set("link", "failed", "a");
  const sinceMs = clock.now();
  clock.elapsedMs = 5000;
  health.set("link", "failed", "b");
  assertEquals(health.get("link"), {
    name: "link",
    state: "failed",
    reason: "b",
    sinceMs,
  });
  assertEquals(changes, 1);
  health.remove("link");
  assertEquals(health.get("link"), undefined);
});

Deno.test("Health, stalled_loop_fails_liveness and names the loop", () => {
  const clock = new StillClock();
  const health = new Health(clock);
  let waiting = 0;
  const loop = health.heartbeat("writer", () => waiting);
  const at = (seconds: number) => {
    clock.elapsedMs = seconds * 1000;
    return health.report();
  };
  // Idle for ever is not a stand-still, nor is work that has just come.
  assertEquals(at(0).live, true);
  waiting = 1;
  assertEquals(at(3600).live, true);
  assertEquals(at(3629).live, true);
  const report = at(3630);
  assertEquals(report.live, false);
  assertEquals(report.state, "failed");
  assertEquals(report.stalled, ["writer"]);
  // Progress on one of many pieces is progress.
  loop.progress();
  assertEquals(at(3631).live, true);
  assertEquals(at(3660).live, true);
  assertEquals(at(3661).live, false);
  waiting = 0;
  assertEquals(at(3662).live, true);
});

Deno.test("Health, a loop that ended or was replaced is watched no longer", () => {
  const clock = new StillClock();
  const health = new Health(clock, { stallMs: 1000 });
  const first = health.heartbeat("reader", () => 1);
  const second = health.heartbeat("reader", () => 1);
  health.stalled();
  clock.elapsedMs = 1000;
  first.end();
  assertEquals(health.stalled(), ["reader"]);
  second.end();
  assertEquals(health.stalled(), []);
});
