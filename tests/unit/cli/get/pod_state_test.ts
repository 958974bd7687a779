import { assertEquals } from "@std/assert";
import { podState } from "../../../../lib/cli/get/pod_state.ts";

const RUNNING = { ready: true, state: { running: {} }, restartCount: 0 };

/** A pod with one status per container; `init` for init containers. */
function pod(
  status: Record<string, unknown>,
  more: {
    containers?: readonly unknown[];
    init?: readonly unknown[];
    initSpecs?: readonly unknown[];
    metadata?: unknown;
  } = {},
) {
  const { containers = [RUNNING], init = [], metadata = {} } = more;
  const named = (list: readonly unknown[], name: string) =>
    list.map((one, i) => ({ name: `${name}${i}`, ...one as object }));
  return {
    metadata,
    spec: {
      containers: named(containers.map(() => ({})), "c"),
      initContainers: named(more.initSpecs ?? init.map(() => ({})), "i"),
    },
    status: {
      ...status,
      containerStatuses: named(containers, "c"),
      initContainerStatuses: named(init, "i"),
    },
  };
}

const waiting = (reason: string) => ({ state: { waiting: { reason } } });
const ended = (more: object) => ({ state: { terminated: more } });

Deno.test("podState, the most telling reason is the status, as with kubectl", () => {
  const running = { phase: "Running" };
  const pending = { phase: "Pending" };
  const ready = { type: "Ready", status: "True" };
  const cases: readonly (readonly [string, ReturnType<typeof pod>])[] = [
    ["Running", pod(running)],
    ["Unknown", pod({}, { containers: [] })],
    ["Pending", pod(pending, { containers: [{}] })],
    [
      "Evicted",
      pod({ phase: "Failed", reason: "Evicted" }, { containers: [] }),
    ],
    [
      "CrashLoopBackOff",
      pod(running, { containers: [waiting("CrashLoopBackOff"), RUNNING] }),
    ],
    [
      "Error",
      pod(running, { containers: [ended({ reason: "Error", exitCode: 1 })] }),
    ],
    ["ExitCode:3", pod(running, { containers: [ended({ exitCode: 3 })] })],
    [
      "Signal:9",
      pod(running, { containers: [ended({ exitCode: 137, signal: 9 })] }),
    ],
    [
      "Completed",
      pod({ phase: "Succeeded" }, {
        containers: [ended({ reason: "Completed", exitCode: 0 })],
      }),
    ],
    [
      "Running",
      pod({ ...running, conditions: [ready] }, {
        containers: [ended({ reason: "Completed", exitCode: 0 }), RUNNING],
      }),
    ],
    [
      "NotReady",
      pod(running, {
        containers: [ended({ reason: "Completed", exitCode: 0 }), RUNNING],
      }),
    ],
    [
      "Init:1/2",
      pod(pending, {
        containers: [waiting("PodInitializing")],
        init: [ended({ exitCode: 0 }), { state: { running: {} } }],
      }),
    ],
    ["Init:ErrImagePull", pod(pending, { init: [waiting("ErrImagePull")] })],
    [
      "Init:Error",
      pod(pending, { init: [ended({ reason: "Error", exitCode: 1 })] }),
    ],
    ["Init:ExitCode:2", pod(pending, { init: [ended({ exitCode: 2 })] })],
    [
      "Init:Signal:9",
      pod(pending, { init: [ended({ exitCode: 137, signal: 9 })] }),
    ],
    ["Running", pod(running, { init: [ended({ exitCode: 0 })] })],
    [
      "SchedulingGated",
      pod({
        ...pending,
        conditions: [{ type: "PodScheduled", reason: "SchedulingGated" }],
      }, { containers: [{}] }),
    ],
    ["Terminating", pod(running, { metadata: { deletionTimestamp: "x" } })],
    [
      "Unknown",
      pod({ ...running, reason: "NodeLost" }, {
        metadata: { deletionTimestamp: "x" },
      }),
    ],
    [
      "Completed",
      pod({ phase: "Succeeded" }, {
        metadata: { deletionTimestamp: "x" },
        containers: [ended({ reason: "Completed", exitCode: 0 })],
      }),
    ],
  ];
  for (const [status, one] of cases) {
    assertEquals(podState(one).status, status, JSON.stringify(one.status));
  }
});

Deno.test("podState, counts ready containers, sidecars and restarts", () => {
  const restarted = (restartCount: number, finishedAt: string) => ({
    ...RUNNING,
    restartCount,
    lastState: { terminated: { finishedAt } },
  });
  const two = podState(pod({ phase: "Running" }, {
    containers: [
      restarted(2, "2026-01-02T00:00:00Z"),
      { ...restarted(1, "2026-01-01T00:00:00Z"), ready: false },
    ],
  }));
  assertEquals(two, {
    ready: 1,
    total: 2,
    status: "Running",
    restarts: 3,
    restartedAt: "2026-01-02T00:00:00Z",
  });
  // A sidecar counts among the containers, an init container does not.
  const sidecar = podState(pod({
    phase: "Running",
    conditions: [{ type: "Initialized", status: "True" }],
  }, {
    initSpecs: [{}, { restartPolicy: "Always" }],
    init: [
      { ...ended({ exitCode: 0 }), restartCount: 5 },
      { ...RUNNING, started: true, restartCount: 1 },
    ],
  }));
  assertEquals([sidecar.ready, sidecar.total, sidecar.restarts], [2, 2, 1]);
  const initializing = podState(pod({ phase: "Pending" }, {
    init: [{ ...waiting("CrashLoopBackOff"), restartCount: 4 }],
    containers: [waiting("PodInitializing")],
  }));
  assertEquals(initializing.restarts, 4);
  assertEquals(initializing.status, "Init:CrashLoopBackOff");
});
