import { assertEquals } from "@std/assert";
import { columnsOf, lineOf } from "../../../../lib/cli/get/columns.ts";
import { item } from "./items.ts";

const NOW_MS = Date.UTC(2026, 0, 2);
const CREATED = { creationTimestamp: "2026-01-01T00:00:00Z" };

/** Cells by column, of `-o wide`. */
function cells(type: string, value: object): Record<string, string> {
  const line = lineOf(
    item(type, "x", { metadata: CREATED, ...value }),
    NOW_MS,
  );
  return Object.fromEntries(
    columnsOf(type, true).map(({ name, cell }) => [name, cell(line)]),
  );
}

Deno.test("columnsOf, a pod", () => {
  const lastState = { terminated: { finishedAt: "2026-01-01T22:00:00Z" } };
  assertEquals(
    cells("pod", {
      spec: { nodeName: "edge-1", containers: [{}] },
      status: {
        phase: "Running",
        podIP: "10.0.0.5",
        containerStatuses: [
          { ready: true, restartCount: 3, state: { running: {} }, lastState },
        ],
      },
    }),
    {
      READY: "1/1",
      STATUS: "Running",
      RESTARTS: "3 (120m ago)",
      AGE: "24h",
      IP: "10.0.0.5",
      NODE: "edge-1",
      REVISION: "42",
    },
  );
  const names = columnsOf("pod", false).map(({ name }) => name);
  assertEquals(names, ["READY", "STATUS", "RESTARTS", "AGE"]);
});

Deno.test("columnsOf, configmaps and secrets count their data", () => {
  const config = cells("configmap", {
    data: { a: "1" },
    binaryData: { b: "" },
  });
  assertEquals(config, { DATA: "2", AGE: "24h", REVISION: "42" });
  assertEquals(cells("secret", { type: "kubernetes.io/tls", data: {} }), {
    TYPE: "kubernetes.io/tls",
    DATA: "0",
    AGE: "24h",
    REVISION: "42",
  });
});

Deno.test("columnsOf, a service and its endpoints", () => {
  const service = cells("service", {
    spec: {
      type: "NodePort",
      clusterIP: "10.1.1.1",
      ports: [{ port: 80, nodePort: 30080 }, { port: 53, protocol: "UDP" }],
      selector: { b: "2", a: "1" },
    },
  });
  assertEquals(service["PORT(S)"], "80:30080/TCP,53/UDP");
  assertEquals(service["EXTERNAL-IP"], "<none>");
  assertEquals(service.SELECTOR, "a=1,b=2");
  const external = (spec: object, status = {}) =>
    cells("service", { spec, status })["EXTERNAL-IP"];
  assertEquals(external({ type: "LoadBalancer" }), "<pending>");
  assertEquals(external({ type: "ExternalName", externalName: "a.b" }), "a.b");
  assertEquals(
    external({ externalIPs: ["1.2.3.4"] }, {
      loadBalancer: { ingress: [{ hostname: "lb" }] },
    }),
    "lb,1.2.3.4",
  );
  const addresses = ["1", "2", "3", "4"].map((ip) => ({ ip }));
  const endpoints = (subsets: unknown) =>
    cells("endpoints", { subsets }).ENDPOINTS;
  assertEquals(
    endpoints([{ addresses, ports: [{ port: 80 }] }]),
    "1:80,2:80,3:80 + 1 more...",
  );
  assertEquals(endpoints([{ addresses: [{ ip: "1" }] }]), "1");
  assertEquals(endpoints(undefined), "<none>");
});

Deno.test("columnsOf, a node", () => {
  const node = cells("node", {
    metadata: {
      ...CREATED,
      labels: { "node-role.kubernetes.io/edge": "", other: "x" },
    },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      addresses: [{ type: "InternalIP", address: "192.0.2.1" }],
      nodeInfo: { kubeletVersion: "v1.30" },
    },
  });
  assertEquals(node.STATUS, "Ready,SchedulingDisabled");
  assertEquals(node.ROLES, "edge");
  assertEquals(node["INTERNAL-IP"], "192.0.2.1");
  assertEquals(node["EXTERNAL-IP"], "<none>");
  assertEquals(node.VERSION, "v1.30");
  assertEquals(cells("node", {}).STATUS, "Unknown");
  const conditions = [{ type: "Ready", status: "False" }];
  assertEquals(cells("node", { status: { conditions } }).STATUS, "NotReady");
});

Deno.test("columnsOf, volumes; other types have their age", () => {
  const claim = cells("persistentvolumeclaim", {
    spec: { volumeName: "pv1", accessModes: ["ReadWriteOnce", "Odd"] },
    status: { phase: "Bound", capacity: { storage: "1Gi" } },
  });
  assertEquals(claim["ACCESS MODES"], "RWO,Odd");
  assertEquals(claim.CAPACITY, "1Gi");
  assertEquals(cells("persistentvolume", {})["ACCESS MODES"], "");
  assertEquals(cells("thing", {}), { AGE: "24h", REVISION: "42" });
  assertEquals(cells("constructor", {}), { AGE: "24h", REVISION: "42" });
  const leases = cells("leases", { spec: { holderIdentity: "edge-1" } });
  assertEquals(leases.HOLDER, "edge-1");
});
