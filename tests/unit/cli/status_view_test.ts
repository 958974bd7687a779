import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { statusText } from "../../../lib/cli/status_view.ts";

const NOW = Date.parse("2026-02-01T12:00:00Z");
const PAGE = {
  node: "edge-1",
  version: "1.2.3",
  uptimeSeconds: 7200,
  health: {
    state: "degraded",
    checks: [{ name: "cloud link", state: "degraded", reason: "refused" }],
    stalled: ["processor"],
  },
  link: {
    state: "dialling",
    since: "2026-02-01T11:59:00.000Z",
    url: "wss://cloud:10000/project/node/events",
    lastError: { at: "2026-02-01T11:58:00.000Z", error: "connection refused" },
  },
  identity: {
    certificateUntil: "2026-02-11T12:00:00.000Z",
    renewalDue: "2026-02-08T12:00:00.000Z",
  },
  agents: ["edged", "camera"],
  store: {
    objects: {
      pod: 10,
      configmap: 3,
      secret: 2,
      node: 1,
      lease: 1,
      a: 1,
      b: 1,
    },
    bytes: 4096,
    outbox: 5,
    outboxParked: 1,
    outboxAgeMs: 90_000,
  },
  flow: {
    batchesPerSecond: 3.5,
    fromCloudPerSecond: 10,
    toCloudPerSecond: 11,
    fromAgentsPerSecond: 0,
    toAgentsPerSecond: 10,
  },
};
const plain = (_style: string, text: string) => text;
const shown = (page: Record<string, unknown>) =>
  statusText(page, { paint: plain, nowMs: NOW });

Deno.test("statusText, everything an operator looks for, on one screen", () => {
  assertEquals(
    shown(PAGE),
    `node    edge-1, up 2h, metamanager 1.2.3
cloud   dialling since 2026-02-01T11:59:00.000Z (1m), wss://cloud:10000
        last error 2026-02-01T11:58:00.000Z (2m): connection refused
cert    valid until 2026-02-11T12:00:00.000Z, 10d left, renewal due 2026-02-08T12:00:00.000Z
agents  edged, camera
store   19 objects, 4.0 KiB: 10 pod, 3 configmap, 2 secret, 1 node, 1 lease, 1 a, 1 more type
outbox  5 not confirmed (oldest 1m), 1 parked
flow    10/s from cloud, 11/s to cloud, 0/s from agents, 10/s to agents, 3.5/s commits

CHECK       STATE     REASON
cloud link  degraded  refused
processor   failed    stands still, restart the node
`,
  );
});

Deno.test("statusText, a page of another version lacks what it lacks", () => {
  const text = shown({ node: "edge-1", link: { state: "standalone" } });
  assertStringIncludes(text, "cloud   standalone since undefined\n");
  assert(!text.includes("cert") && !text.includes("last error"));
  assertStringIncludes(text, "agents  none\nstore   0 objects, 0 B\n");
});

Deno.test("statusText, a certificate that has run out is said to have", () => {
  const until = (certificateUntil: string) =>
    shown({ ...PAGE, identity: { certificateUntil } }).split("\n")[3];
  assertEquals(
    until("2026-01-31T12:00:00Z"),
    "cert    valid until 2026-01-31T12:00:00Z, run out",
  );
  assertEquals(until("unknown"), "cert    valid until unknown");
});

Deno.test("statusText, a reason cannot steer the terminal", () => {
  const checks = [{ name: "x", state: "ok", reason: "\x1b[2Jgone" }];
  assert(!shown({ ...PAGE, health: { checks } }).includes("\x1b"));
});
