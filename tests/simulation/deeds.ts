import type { Deed, Step } from "./plan.ts";
import type { World } from "./world.ts";

const POD = "pod";

function namespaceOf(name: string): string {
  return name.startsWith("batch") ? "prod" : "default";
}

/** What an agent, or a person, does many of at once. */
const BURST = [
  "report",
  "report",
  "patch",
  "event",
  "query-pod",
  "query-config",
  "pod-change",
  "pod-recreate",
] as const;

type Doer<K extends Deed["kind"]> = (
  world: World,
  step: Extract<Step, { kind: K }>,
) => void;

/** Sets something for a while. */
function during(world: World, forMs: number, end: () => void): void {
  world.scheduler.after(forMs, () => {
    world.disturb();
    end();
  });
}

function podRef(name: string) {
  return { type: POD, namespace: namespaceOf(name), name };
}

function createPod(world: World, name: string): void {
  const { objects } = world.cloud.core;
  if (objects.get(podRef(name))) return;
  objects.create({
    kind: "Pod",
    metadata: { name, namespace: namespaceOf(name) },
    spec: {
      nodeName: "edge-1",
      generation: ++world.sequence,
      containers: [{ name: "main", image: "web:1" }],
      volumes: [{
        name: "cfg",
        configMap: { name: configOf(name) },
      }],
    },
  });
}

/** Configmap that a pod names. */
function configOf(pod: string): string {
  if (pod.startsWith("batch")) return "batch-cfg";
  return pod.startsWith("db") ? "db-cfg" : "app-cfg";
}

function changeConfig(world: World, name: string): void {
  world.cloud.core.objects.apply({
    kind: "ConfigMap",
    metadata: { name, namespace: namespaceOf(name) },
    data: { generation: String(++world.sequence) },
  });
}

/** What each deed does. */
const DOERS: { readonly [K in Deed["kind"]]: Doer<K> } = {
  "pod-create": (world, { name }) => createPod(world, name),
  "pod-change": (world, { name }) =>
    void world.cloud.core.objects.update(podRef(name), (pod) => ({
      ...pod,
      spec: {
        ...pod.spec as Record<string, unknown>,
        generation: ++world.sequence,
      },
    })),
  "pod-delete": (world, { name, graceful }) =>
    void world.cloud.core.objects.delete(podRef(name), {
      gracePeriodSeconds: graceful ? 30 : 0,
    }),
  "pod-recreate": (world, { name }) => {
    world.cloud.core.objects.delete(podRef(name), { gracePeriodSeconds: 0 });
    createPod(world, name);
  },
  "config-change": (world, { name }) => changeConfig(world, name),
  "config-delete": (world, { name }) =>
    void world.cloud.core.objects.delete({
      ...podRef(name),
      type: "configmap",
    }),
  "config-recreate": (world, { name }) => {
    world.cloud.core.objects.delete({ ...podRef(name), type: "configmap" });
    changeConfig(world, name);
  },
  "cloud-restart": (world, { downMs }) => {
    world.cloud.core.stop();
    during(world, downMs, () => world.cloud.core.start());
  },
  cut: (world, { how }) => world.cloud.wire?.cut(how),
  "half-open": (world) => world.cloud.wire?.silence(),
  "mute-next": (world) => {
    world.isNextMute = true;
  },
  stray: (world) => world.stray(),
  "slow-cloud": (world, { forMs }) => {
    const { wire } = world.cloud;
    wire?.setSlow(true);
    during(world, forMs, () => wire?.setSlow(false));
  },
  network: (world, { state, forMs }) => world.cutNetwork(state, forMs),
  latency: (world, { maxMs, forMs }) => {
    world.latencyMaxMs = maxMs;
    during(world, forMs, () => {
      world.latencyMaxMs = 40;
    });
  },
  crash: (world, { downMs }) => world.powerOff(downMs),
  "crash-within": (world, { calls, downMs }) => {
    world.downMs = downMs;
    world.node?.process.crashAfter(calls);
  },
  restart: (world, { downMs }) => world.restartNode(downMs),
  disk: (world, { state, forMs }) => {
    world.disk = state;
    world.parking.clear();
    during(world, forMs, () => {
      world.disk = "ok";
    });
  },
  "clock-step": (world, { byMs }) => {
    world.wall.offsetMs += byMs;
  },
  "agent-crash": (world, { agent, downMs }) =>
    world.agents[agent]?.crash(downMs),
  "agent-replace": (world, { agent }) => world.agents[agent]?.replace(),
  "agent-slow": (world, { agent, forMs }) => {
    world.agents[agent]?.setSlow(true);
    during(world, forMs, () => world.agents[agent]?.setSlow(false));
  },
  "agent-mode": (world, { agent, mode }) => {
    const edged = world.agents[agent];
    if (edged) edged.mode = mode;
  },
  report: (world, { agent, name }) => {
    const edged = world.agents[agent];
    const held = edged?.objects.get(`${namespaceOf(name)}/pod/${name}`);
    if (!held) return;
    edged?.ask(
      "update",
      `${namespaceOf(name)}/podstatus/${name}`,
      status(world, held.uid, name),
    );
  },
  "report-list": (world, { agent }) => {
    const edged = world.agents[agent];
    const statuses = [...edged?.objects ?? []]
      .filter(([key]) => key.startsWith("default/pod/"))
      .map(([key, held]) => status(world, held.uid, key.split("/")[2] ?? ""));
    if (statuses.length > 0) {
      edged?.ask("update", "default/podstatus", statuses);
    }
  },
  patch: (world, { agent, name }) => {
    const edged = world.agents[agent];
    const held = edged?.objects.get(`${namespaceOf(name)}/pod/${name}`);
    if (!held) return;
    edged?.ask(
      "patch",
      `${namespaceOf(name)}/podpatch/${name}`,
      JSON.stringify({
        metadata: { uid: held.uid },
        status: { patched: ++world.sequence },
      }),
    );
  },
  event: (world, { agent }) =>
    void world.agents[agent]?.ask(
      "insert",
      `default/event/e.${++world.sequence}`,
      { metadata: { name: "e" }, reason: "Started" },
    ),
  "node-status": (world, { agent }) =>
    void world.agents[agent]?.ask("update", "default/nodestatus/edge-1", {
      UID: "edge-1",
      Status: { sequence: ++world.sequence },
    }),
  burst: (world, step) => {
    for (let i = 0; i < step.count; i++) {
      const kind = world.pick(BURST);
      const name = kind === "query-config"
        ? world.pick(["app-cfg", "db-cfg"])
        : world.pick(["web-0", "web-1", "db-0", "batch-0"]);
      perform(world, { ...step, kind, name });
    }
  },
  "event-burst": (world, step) => {
    for (let i = 0; i < step.count; i++) {
      perform(world, { ...step, kind: "event" });
    }
  },
  "config-burst": (world, { agent, count }) => {
    for (let i = 0; i < count; i++) {
      world.agents[agent]?.ask("query", `default/configmap/other-${i}`);
    }
  },
  "cloud-deaf": (world, { forMs }) => {
    world.cloud.isDeaf = true;
    during(world, forMs, () => {
      world.cloud.isDeaf = false;
    });
  },
  lease: (world, { agent }) =>
    void world.agents[agent]?.ask("insert", "kube-node-lease/lease/edge-1", {
      metadata: { name: "edge-1", namespace: "kube-node-lease" },
      spec: { holderIdentity: "edge-1" },
    }),
  list: (world, { agent }) =>
    void world.agents[agent]?.ask("query", "default/pod"),
  "query-pod": (world, { agent, name }) =>
    void world.agents[agent]?.ask("query", `${namespaceOf(name)}/pod/${name}`),
  "query-config": (world, { agent, name }) =>
    void world.agents[agent]?.ask(
      "query",
      `${namespaceOf(name)}/configmap/${name}`,
    ),
};

function status(world: World, uid: string, name: string) {
  const sequence = ++world.sequence;
  return { UID: uid, Name: name, Status: { phase: "Running", sequence } };
}

/** Does what a step says. */
export function perform(world: World, step: Step): void {
  const doer = DOERS[step.kind] as Doer<Deed["kind"]>;
  doer(world, step);
}
