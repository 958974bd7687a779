import { withBounds } from "./bounds.ts";
import { perform } from "./deeds.ts";
import { MemoryDisk } from "./model_disk.ts";
import { describe, type Plan, planOf, QUIET_MS } from "./plan.ts";
import type { SimDisk } from "./sim_node.ts";
import { type Line, type Reached, type Violation, World } from "./world.ts";

/** How a run went. */
export interface Run {
  /** What went wrong; `undefined` if nothing did. */
  readonly violation: Violation | undefined;
  /** Its story, if one was wanted. */
  readonly lines: readonly Line[];
  /** Simulated milliseconds. */
  readonly simulatedMs: number;
  /** Events of the scheduler: equal for equal runs. */
  readonly eventCount: number;
  /** What the run has come upon that only some come upon. */
  readonly reached: ReadonlySet<Reached>;
}

/** Kinds of store that a node may have. */
export type StoreKind = "memory" | "sqlite";

/** How to run. */
export interface RunOptions {
  /** Makes the node's disk. @default in memory */
  readonly disk?: () => SimDisk;
  /** Whether a story is wanted. @default false */
  readonly isTold?: boolean;
}

/** How often a world that should become quiet is looked at. */
const LOOK_MS = 30_000;
/** CloudHub may wait that long with a message that was not acked for hours. */
const PATIENCE_MS = 40 * 60_000;

/**
 * Runs a plan to its end, or to the first thing that goes wrong. Must be
 * called from a timer: see `fromTimer`.
 */
export function run(plan: Plan, options: RunOptions = {}): Run {
  return withBounds(plan.bounds, () => runWithin(plan, options));
}

function runWithin(plan: Plan, options: RunOptions): Run {
  const disk = options.disk?.() ?? new MemoryDisk();
  const world = new World(plan, disk, options.isTold ?? false);
  const { scheduler } = world;
  const isOver = () => world.isOver();
  try {
    for (const step of plan.steps) {
      scheduler.after(step.atMs, () => {
        world.note(`* ${describe(step)}`);
        perform(world, step);
      });
    }
    scheduler.runUntil(plan.healAtMs, isOver);
    if (!isOver()) world.heal();
    const quietAtMs = plan.healAtMs + QUIET_MS;
    scheduler.runUntil(quietAtMs, isOver);
    settle(world, quietAtMs);
  } finally {
    world.node?.process.crash();
    disk.dispose();
  }
  return {
    violation: world.violation,
    lines: world.lines,
    simulatedMs: scheduler.nowMs,
    eventCount: scheduler.eventCount,
    reached: world.reached,
  };
}

/** Runs a seed. */
export function runSeed(
  seed: number,
  options: RunOptions & { readonly hours?: number } = {},
): Run {
  return run(planOf(seed, options.hours ?? 1), options);
}

function settle(world: World, quietAtMs: number): void {
  const { scheduler } = world;
  const isOver = () => world.isOver();
  for (let waitedMs = 0; !isOver(); waitedMs += LOOK_MS) {
    const found = world.unsettled();
    if (found.length === 0) return;
    if (waitedMs >= PATIENCE_MS) {
      world.broken("everything converges once all is well", found.join("; "));
      return;
    }
    scheduler.runUntil(quietAtMs + waitedMs + LOOK_MS, isOver);
  }
}
