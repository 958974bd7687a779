import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { lineOf } from "../../../../lib/cli/get/columns.ts";
import { describeObject } from "../../../../lib/cli/get/describe_object.ts";
import { item } from "./items.ts";

/** Lines without what pads them. */
function linesOf(...[one]: [Parameters<typeof lineOf>[0]]): string[] {
  return describeObject(lineOf(one, 0)).split("\n")
    .map((line) => line.trim().replace(/ {2,}/g, " "));
}

Deno.test("describeObject, a pod: containers with their state, conditions, volumes", () => {
  const value = {
    kind: "Pod",
    apiVersion: "v1",
    metadata: {
      name: "web",
      namespace: "default",
      uid: "u1",
      resourceVersion: "7",
      labels: { b: "2", a: "1" },
      ownerReferences: [{ kind: "ReplicaSet", name: "web-5" }],
      deletionTimestamp: "2026-01-01T00:00:00Z",
    },
    spec: {
      nodeName: "edge-1",
      initContainers: [{ name: "init", image: "busybox" }],
      containers: [{
        name: "main",
        image: "nginx",
        command: ["nginx", "-g"],
        ports: [{ containerPort: 80 }],
        resources: { limits: { cpu: "1" } },
        envFrom: [
          { secretRef: { name: "s" } },
          { configMapRef: { name: "c" } },
        ],
        env: [
          { name: "PLAIN", value: "x" },
          { name: "S", valueFrom: { secretKeyRef: { name: "pw", key: "k" } } },
          {
            name: "C",
            valueFrom: { configMapKeyRef: { name: "cf", key: "k" } },
          },
          {
            name: "IP",
            valueFrom: { fieldRef: { fieldPath: "status.podIP" } },
          },
        ],
        volumeMounts: [{ name: "v", mountPath: "/data", readOnly: true }],
      }],
      volumes: [
        { name: "v", secret: { secretName: "pw" } },
        { name: "e", emptyDir: {} },
      ],
      tolerations: [
        {
          key: "k",
          operator: "Exists",
          effect: "NoExecute",
          tolerationSeconds: 5,
        },
      ],
    },
    status: { phase: "Pending", reason: "Why", message: "Because" },
  };
  const Status = {
    phase: "Running",
    message: "told by the agent",
    conditions: [{ type: "Ready", status: "False", reason: "Waits" }],
    containerStatuses: [{
      name: "main",
      containerID: "cri://1",
      restartCount: 2,
      ready: true,
      state: { running: { startedAt: "2026-01-01T00:00:01Z" } },
      lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
    }],
  };
  const lines = linesOf(item("pod", "web", value, {
    uid: "u1",
    status: JSON.stringify({ UID: "u1", Name: "web", Status }),
    statusRevision: 50,
    outbox: [{
      id: 1,
      msgId: "m",
      resource: "default/podstatus/web",
      operation: "update",
      ageSeconds: 65,
      attempts: 2,
      state: "waiting",
      bytes: 9,
    }],
  }));
  for (
    const line of [
      "Name: web",
      "Namespace: default",
      "Labels: a=1",
      "b=2",
      "Controlled By: ReplicaSet/web-5",
      "Terminating since: 2026-01-01T00:00:00Z",
      "Resource Version: 7",
      "Node: edge-1",
      "Status: Terminating",
      "Message: told by the agent",
      "Init Containers:",
      "State: not reported",
      "Command: nginx",
      "-g",
      "Ports: 80/TCP",
      "State: Running",
      "Started: 2026-01-01T00:00:01Z",
      "Last State: Terminated",
      "Reason: OOMKilled",
      "Exit Code: 137",
      "Restart Count: 2",
      "cpu: 1",
      "Environment Variables from: s Secret",
      "c ConfigMap",
      "PLAIN: x",
      "S: <set to the key 'k' in secret 'pw'>",
      "C: <set to the key 'k' of config map 'cf'>",
      "IP: (status.podIP)",
      "Mounts: /data from v (ro)",
      "Ready: False Waits",
      "v: Secret pw",
      "e: EmptyDir",
      "Tolerations: k:NoExecute op=Exists for 5s",
      "Revision: 42",
      "Status from: an agent's report, revision 50",
      "Not confirmed by the cloud: update default/podstatus/web, waiting, " +
      "for 65s, 2 attempts",
    ]
  ) {
    assert(lines.includes(line), `${line}\n--\n${lines.join("\n")}`);
  }
  assertEquals(lines.includes("Reason: Why"), false);
});

Deno.test("describeObject, of a secret sizes alone, whether or not it is shown", () => {
  const about = (password: string) =>
    linesOf(item("secret", "pw", {
      kind: "Secret",
      metadata: { name: "pw" },
      data: { password },
    }));
  for (const text of ["<hidden, 6 bytes>", "c2VjcmV0"]) {
    const lines = about(text);
    assert(lines.includes("password: 6 bytes"), lines.join("\n"));
    assertEquals(lines.join().includes("c2VjcmV0"), false);
    assert(lines.includes("Type: Opaque"));
  }
});

Deno.test("describeObject, configmaps and kinds that nobody knows", () => {
  const config = linesOf(item("configmap", "c", {
    metadata: { name: "c" },
    data: { text: "one\ntwo" },
    binaryData: { b: "AAAA" },
  }));
  assertStringIncludes(config.join("\n"), "text: one\ntwo");
  assert(config.includes("b: 3 bytes"));
  const other = linesOf(item("thing", "t", {
    metadata: { name: "t" },
    spec: { podCIDR: "10.0.0.0/8", list: [{ "odd.key": 1 }], none: [] },
    note: "\u001b[31mred",
  }));
  assert(other.includes("Pod CIDR: 10.0.0.0/8"), other.join("\n"));
  assert(other.includes("odd.key: 1"));
  assert(other.includes("None: <none>"));
  // What a terminal would obey is not passed on.
  assert(other.includes("Note: ?[31mred"));
  assert(other.includes("Not confirmed by the cloud: <none>"));
});
