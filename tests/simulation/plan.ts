import { Chance } from "./chance.ts";
import type { DiskState } from "./faulty_store.ts";
import { type Bounds, SMALL_BOUNDS } from "./bounds.ts";
import type { AnswerMode } from "./model_edged.ts";

/** How the way to the cloud is. */
export type NetworkState = "up" | "refusing" | "black-hole";

/** One thing that a person, a peer or fate does. */
export type Deed =
  // Kubernetes.
  | { readonly kind: "pod-create"; readonly name: string }
  | { readonly kind: "pod-change"; readonly name: string }
  | {
    readonly kind: "pod-delete";
    readonly name: string;
    readonly graceful: boolean;
  }
  | { readonly kind: "pod-recreate"; readonly name: string }
  | { readonly kind: "config-change"; readonly name: string }
  | { readonly kind: "config-delete"; readonly name: string }
  | { readonly kind: "config-recreate"; readonly name: string }
  // CloudCore and the way to it.
  | { readonly kind: "cloud-restart"; readonly downMs: number }
  | { readonly kind: "cut"; readonly how: "ended" | "reset" }
  | { readonly kind: "half-open" }
  | { readonly kind: "mute-next" }
  | { readonly kind: "stray" }
  | { readonly kind: "slow-cloud"; readonly forMs: number }
  | {
    readonly kind: "network";
    readonly state: NetworkState;
    readonly forMs: number;
  }
  | {
    readonly kind: "latency";
    readonly maxMs: number;
    readonly forMs: number;
  }
  // The node.
  | { readonly kind: "crash"; readonly downMs: number }
  | {
    readonly kind: "crash-within";
    readonly calls: number;
    readonly downMs: number;
  }
  | { readonly kind: "restart"; readonly downMs: number }
  | {
    readonly kind: "disk";
    readonly state: DiskState;
    readonly forMs: number;
  }
  | { readonly kind: "clock-step"; readonly byMs: number }
  // Agents.
  | { readonly kind: "agent-crash"; readonly downMs: number }
  | { readonly kind: "agent-replace" }
  | { readonly kind: "agent-slow"; readonly forMs: number }
  | { readonly kind: "agent-mode"; readonly mode: AnswerMode }
  | { readonly kind: "report"; readonly name: string }
  | { readonly kind: "report-list" }
  | { readonly kind: "patch"; readonly name: string }
  | { readonly kind: "event" }
  | { readonly kind: "node-status" }
  | { readonly kind: "burst"; readonly count: number }
  | { readonly kind: "lease" }
  | { readonly kind: "list" }
  | { readonly kind: "query-pod"; readonly name: string }
  | { readonly kind: "query-config"; readonly name: string }
  // Many of one kind, to fill what has a bound.
  | { readonly kind: "event-burst"; readonly count: number }
  | { readonly kind: "config-burst"; readonly count: number }
  // CloudCore leaves messages of some types unanswered, as if they never came.
  | { readonly kind: "cloud-deaf"; readonly forMs: number };

/** A deed and when it is done. */
export type Step = Deed & {
  /** Milliseconds since the simulation began. */
  readonly atMs: number;
  /** Which agent it concerns. */
  readonly agent: number;
};

/** An agent of the node. */
export interface AgentPlan {
  readonly module: string;
  readonly answers: boolean;
  readonly keeps: boolean;
}

/** All that happens in a run but the delays of the wires. */
export interface Plan {
  readonly seed: number;
  readonly agents: readonly AgentPlan[];
  /** Whether the cloud pushes its Nodes, as since 1.23. */
  readonly pushNodes: boolean;
  readonly steps: readonly Step[];
  /** When everything is put right and has to become quiet. */
  readonly healAtMs: number;
  /** Bounds of the node that are smaller than usual, so that they are reached. */
  readonly bounds: Bounds;
}

/** What begins with `batch` lives in a namespace of its own. */
const PODS = ["web-0", "web-1", "db-0", "batch-0"];
const CONFIGS = ["app-cfg", "db-cfg", "batch-cfg"];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Longest burst. */
const LONGEST_MS = 3 * MINUTE;

type Maker = (chance: Chance) => Deed;

/** Deeds by weight: traffic more often than faults. */
const MAKERS: readonly (readonly [weight: number, make: Maker])[] = [
  [5, (c) => ({ kind: "pod-create", name: c.pick(PODS) })],
  [9, (c) => ({ kind: "pod-change", name: c.pick(PODS) })],
  [3, (c) => ({
    kind: "pod-delete",
    name: c.pick(PODS),
    graceful: c.is(0.5),
  })],
  [3, (c) => ({ kind: "pod-recreate", name: c.pick(PODS) })],
  [5, (c) => ({ kind: "config-change", name: c.pick(CONFIGS) })],
  [1, (c) => ({ kind: "config-delete", name: c.pick(CONFIGS) })],
  [2, (c) => ({ kind: "config-recreate", name: c.pick(CONFIGS) })],
  [1, (c) => ({ kind: "cloud-restart", downMs: c.between(0, MINUTE) })],
  [3, (c) => ({ kind: "cut", how: c.pick(["ended", "reset"]) })],
  [2, () => ({ kind: "half-open" })],
  [1, () => ({ kind: "mute-next" })],
  [2, () => ({ kind: "stray" })],
  [1, (c) => ({ kind: "slow-cloud", forMs: c.between(1000, 20_000) })],
  [2, (c) => ({
    kind: "network",
    state: c.pick(["refusing", "black-hole"]),
    forMs: c.between(1000, 3 * MINUTE),
  })],
  [2, (c) => ({
    kind: "latency",
    maxMs: c.pick([500, 3000, 7000]),
    forMs: c.between(1000, MINUTE),
  })],
  [2, (c) => ({ kind: "crash", downMs: downMs(c) })],
  [4, (c) => ({
    kind: "crash-within",
    calls: c.below(40),
    downMs: downMs(c),
  })],
  [1, (c) => ({ kind: "restart", downMs: downMs(c) })],
  [3, (c) => ({
    kind: "disk",
    state: c.pick<DiskState>(["full", "io", "commit", "read"]),
    forMs: c.between(500, MINUTE),
  })],
  [1, (c) => ({
    kind: "clock-step",
    byMs: c.pick([-HOUR, -MINUTE, 2 * MINUTE, 2 * HOUR, 10 * 24 * HOUR]),
  })],
  [2, (c) => ({ kind: "agent-crash", downMs: c.between(10, MINUTE) })],
  [1, () => ({ kind: "agent-replace" })],
  [6, (c) => ({ kind: "agent-slow", forMs: c.between(2000, 40_000) })],
  [2, (c) => ({
    kind: "agent-mode",
    mode: c.pick<AnswerMode>(["at-once", "late", "twice", "never"]),
  })],
  [8, (c) => ({ kind: "report", name: c.pick(PODS) })],
  [1, () => ({ kind: "report-list" })],
  [2, (c) => ({ kind: "patch", name: c.pick(PODS) })],
  [3, () => ({ kind: "event" })],
  [1, () => ({ kind: "node-status" })],
  [3, (c) => ({ kind: "burst", count: 2 + c.below(20) })],
  [2, () => ({ kind: "lease" })],
  [1, () => ({ kind: "list" })],
  [1, (c) => ({ kind: "query-pod", name: c.pick(PODS) })],
  [5, (c) => ({ kind: "query-config", name: c.pick(CONFIGS) })],
];

const WEIGHT_SUM = MAKERS.reduce((sum, [weight]) => sum + weight, 0);

function downMs(chance: Chance): number {
  return chance.is(0.8) ? chance.between(10, 5000) : chance.between(0, MINUTE);
}

/**
 * Makes a plan from a seed: bursts of deeds within minutes, and between them
 * the hours of a gateway's life, many of them without a cloud.
 *
 * @param hours Least length of the whole, in simulated hours.
 */
export function planOf(seed: number, hours: number): Plan {
  const chance = new Chance(seed, 1);
  const agents: AgentPlan[] = [{
    module: "edged",
    answers: chance.is(0.6),
    keeps: chance.is(0.25),
  }];
  if (chance.is(0.25)) {
    agents.push({ module: "watcher", answers: false, keeps: chance.is(0.5) });
  }
  const steps: Step[] = [];
  const bursts = 1 + chance.below(3);
  let atMs = 0;
  for (let burst = 0; burst < bursts; burst++) {
    // What goes wrong last is not healed by a reconnect hours later.
    const restMs = hours * HOUR - QUIET_MS - LONGEST_MS - atMs;
    const gapMs = Math.max(0, restMs / (bursts - burst));
    atMs += gap(steps, chance, { atMs, gapMs });
    const lengthMs = chance.pick([3000, 15_000, MINUTE, LONGEST_MS]);
    const count = 4 + chance.below(20);
    for (let i = 0; i < count; i++) {
      steps.push({
        ...deed(chance),
        atMs: Math.round(atMs + chance.between(0, lengthMs)),
        agent: chance.below(agents.length),
      });
    }
    atMs += lengthMs;
  }
  const healAtMs = Math.ceil(Math.max(atMs, hours * HOUR - QUIET_MS));
  const pushNodes = chance.is(0.5);
  const others = new Chance(seed, 4);
  const bounds = others.is(0.2) ? press(steps, others) : {};
  if (others.is(0.1)) park(steps, others, healAtMs);
  return {
    seed,
    agents,
    pushNodes,
    steps: steps.sort((a, b) => a.atMs - b.atMs),
    healAtMs,
    bounds,
  };
}

/** Makes a bound small, and more than goes below it. */
function press(steps: Step[], chance: Chance): Bounds {
  for (let i = chance.below(3); i >= 0; i--) {
    const { atMs, agent } = chance.pick(steps);
    const kind = chance.pick(["event-burst", "config-burst"] as const);
    const count = 5 + chance.below(20);
    steps.push({ kind, count, atMs: atMs + chance.below(1000), agent });
  }
  return chance.pick(SMALL_BOUNDS);
}

/** Leaves what an agent says unanswered, on one connection or one after the other. */
function park(steps: Step[], chance: Chance, healAtMs: number): void {
  const begin = Math.min(chance.pick(steps).atMs, healAtMs - PARK_MS);
  const at = (atMs: number) => ({ atMs: Math.max(0, begin + atMs), agent: 0 });
  const name = chance.pick(PODS);
  steps.push(
    { kind: "pod-create", name, ...at(0) },
    { kind: "cloud-deaf", forMs: PARK_MS, ...at(20_000) },
    { kind: "report", name, ...at(21_000) },
    { kind: "event", ...at(21_000) },
  );
  const cuts = chance.is(0.3) ? 0 : 5;
  for (let cut = 1; cut <= cuts; cut++) {
    steps.push({ kind: "cut", how: "ended", ...at(20_000 + cut * 55_000) });
  }
}

/** How long the cloud is deaf: five connections long. */
const PARK_MS = 6 * MINUTE;

/** Time after the last fault in which a node has to become quiet. */
export const QUIET_MS = MINUTE;

/** The time between two bursts: idle, or cut off, or without power. */
function gap(
  steps: Step[],
  chance: Chance,
  { atMs, gapMs }: { atMs: number; gapMs: number },
): number {
  if (gapMs === 0) return 0;
  const kind = chance.below(20);
  const step = { atMs, agent: 0 };
  if (kind === 0) return gapMs;
  if (kind < 10) {
    const forMs = chance.is(0.02) ? gapMs + 24 * HOUR : gapMs;
    steps.push({ ...step, kind: "crash", downMs: forMs });
    return forMs;
  }
  steps.push({
    ...step,
    kind: "network",
    state: kind < 15 ? "refusing" : "black-hole",
    forMs: gapMs,
  });
  return gapMs;
}

function deed(chance: Chance): Deed {
  let at = chance.random() * WEIGHT_SUM;
  for (const [weight, make] of MAKERS) {
    at -= weight;
    if (at < 0) return make(chance);
  }
  return { kind: "event" };
}

/** A step as a person reads it. */
export function describe(step: Step): string {
  const { atMs: _at, agent, kind, ...rest } = step;
  const fields = Object.entries(rest).map(([name, value]) =>
    `${name}=${typeof value === "number" ? Math.round(value) : value}`
  );
  const who =
    /^(agent|report|patch|event|node-status|burst|config-burst|lease|list|query)/
        .test(kind)
      ? [`agent=${agent}`]
      : [];
  return [kind, ...fields, ...who].join(" ");
}
