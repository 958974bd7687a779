import { type Clock, SystemClock } from "../base/mod.ts";
import { type Logger, silentLogger } from "../telemetry/mod.ts";
import { connect } from "./acts/connect.ts";
import { remove } from "./acts/delete.ts";
import { insert } from "./acts/insert.ts";
import { metaSync } from "./acts/meta_sync.ts";
import { outage } from "./acts/outage.ts";
import { query } from "./acts/query.ts";
import { report } from "./acts/report.ts";
import { response } from "./acts/response.ts";
import { restart } from "./acts/restart.ts";
import { update } from "./acts/update.ts";
import { StepFailedError } from "./check.ts";
import type { DemoEvent } from "./event.ts";
import { Stage } from "./stage.ts";
import { Story } from "./story.ts";
import { World } from "./world.ts";

/** One part of the demonstration. */
export type Act = (stage: Stage) => Promise<void>;

/** How to demonstrate. */
export interface DemoOptions {
  /** Takes each step as it is done. */
  readonly onEvent: (event: DemoEvent) => void;
  /** Ends it; everything is cleaned up all the same. */
  readonly signal?: AbortSignal;
  /** Leaves the folder. @default false */
  readonly keep?: boolean;
  /** Told of the folder as soon as it is there. */
  readonly onFolder?: (folder: string) => void;
  /** Log lines of the node. @default none */
  readonly log?: Logger;
  /** Time. @default the machine's */
  readonly clock?: Clock;
  /** Longest wait of a step in milliseconds. @default 10 000 */
  readonly timeoutMs?: number;
  /** Longest time of all of it in milliseconds. @default 20 000 */
  readonly limitMs?: number;
}

/** A person who looks at it waits no longer, and it takes a third of that. */
const LIMIT_MS = 20_000;

/** How it went. */
export interface DemoResult {
  /** Every step held. */
  readonly ok: boolean;
  /** Steps that held. */
  readonly steps: number;
  /** Milliseconds from the start until everything was cleaned up. */
  readonly elapsedMs: number;
  /** The folder, if it was kept. */
  readonly folder?: string;
}

/** The seven operations, an outage, and a restart in the middle. */
export const ACTS: readonly Act[] = [
  connect,
  insert,
  update,
  query,
  response,
  report,
  remove,
  metaSync,
  outage,
  restart,
];

/**
 * Runs cloud, node and pod agent in this process, over real sockets and a
 * real store in a folder of its own, and checks every step. It ends with the
 * first step that does not hold; the one that it is at when its time is up
 * does not.
 *
 * @throws The reason of the signal, once everything is cleaned up.
 */
export function runDemo(options: DemoOptions): Promise<DemoResult> {
  return runActs(ACTS, options);
}

/** As {@link runDemo}, with acts of one's own. */
export async function runActs(
  acts: readonly Act[],
  options: DemoOptions,
): Promise<DemoResult> {
  const { onEvent, keep = false, timeoutMs } = options;
  const clock = options.clock ?? new SystemClock();
  options.signal?.throwIfAborted();
  const limit = limitOf(clock, options.limitMs ?? LIMIT_MS);
  const signal = AbortSignal.any([
    limit.signal,
    ...options.signal ? [options.signal] : [],
  ]);
  const story = new Story({
    clock,
    onEvent,
    signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  // In one turn: no signal comes between the folder and who removes it.
  const folder = Deno.makeTempDirSync({ prefix: "metamanager-demo-" });
  options.onFolder?.(folder);
  let ok = true;
  try {
    await using world = await World.create({
      clock,
      log: options.log ?? silentLogger(clock),
      folder,
    });
    const stage = new Stage(world, story);
    for (const act of acts) await story.unlessEnded(() => act(stage));
  } catch (error) {
    if (!(error instanceof StepFailedError)) throw error;
    story.failed(error);
    ok = false;
  } finally {
    limit.cancel();
    if (!keep) await Deno.remove(folder, { recursive: true });
  }
  const { held: steps, elapsedMs } = story;
  return { ok, steps, elapsedMs, ...(keep ? { folder } : {}) };
}

/** A signal that comes when the time is up, with a failed step as its reason. */
function limitOf(
  clock: Clock,
  limitMs: number,
): { readonly signal: AbortSignal; readonly cancel: () => void } {
  const controller = new AbortController();
  const timer = clock.after(limitMs, () =>
    controller.abort(
      new StepFailedError(
        `the end of the demonstration within ${limitMs / 1000} s`,
        "its time is up at this step",
      ),
    ));
  return { signal: controller.signal, cancel: () => timer.cancel() };
}
