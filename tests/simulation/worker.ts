/// <reference lib="deno.worker" />
import { fromTimer } from "./scheduler.ts";
import { runSeed, type StoreKind } from "./simulate.ts";
import { diskOf } from "./disks.ts";
import type { Reached } from "./world.ts";

/** What a worker is told to run. */
export interface Job {
  readonly from: number;
  readonly to: number;
  readonly store: StoreKind;
  readonly hours: number;
}

/** What a worker tells of its job. */
export interface JobResult {
  readonly failed: readonly {
    readonly seed: number;
    readonly invariant: string;
  }[];
  readonly simulatedMs: number;
  /** What any of them came upon. */
  readonly reached: readonly Reached[];
}

// Half of all dials fail by plan; nobody reads where. The story has stacks.
Error.stackTraceLimit = 0;

self.onmessage = async ({ data }: MessageEvent<Job>) => {
  const failed: { seed: number; invariant: string }[] = [];
  let simulatedMs = 0;
  const reached = new Set<Reached>();
  for (let seed = data.from; seed <= data.to; seed++) {
    const run = await fromTimer(() =>
      runSeed(seed, { disk: diskOf(data.store), hours: data.hours })
    );
    simulatedMs += run.simulatedMs;
    for (const what of run.reached) reached.add(what);
    const invariant = run.violation?.invariant;
    if (invariant !== undefined) failed.push({ seed, invariant });
  }
  const result: JobResult = { failed, simulatedMs, reached: [...reached] };
  self.postMessage(result);
};
