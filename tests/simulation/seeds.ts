import type { StoreKind } from "./simulate.ts";
import type { Job, JobResult } from "./worker.ts";
import type { Reached } from "./world.ts";

/** Seeds that a worker runs before it says how they went. */
const SEEDS_PER_JOB = { memory: 50, sqlite: 10 } as const;

/** Which seeds to run, and how. */
export interface SeedsOptions {
  readonly from: number;
  readonly to: number;
  readonly store: StoreKind;
  /** Least simulated hours of each. */
  readonly hours: number;
  /** Workers at a time. */
  readonly jobs: number;
  /** Ends with the first seed that fails. @default false */
  readonly first?: boolean;
  /** Told now and then how many seeds have run. */
  readonly progress?: (done: number) => void;
}

/** How the seeds went. */
export interface SeedsResult {
  /** Seeds that ran. */
  readonly count: number;
  /** Those that failed, lowest first. */
  readonly failed: readonly {
    readonly seed: number;
    readonly invariant: string;
  }[];
  /** What any of them came upon. */
  readonly reached: ReadonlySet<Reached>;
  /** Simulated milliseconds of all. */
  readonly simulatedMs: number;
  /** Milliseconds that it took. */
  readonly tookMs: number;
}

/** Runs seeds in workers. */
export async function runSeeds(options: SeedsOptions): Promise<SeedsResult> {
  const startedMs = performance.now();
  const size = SEEDS_PER_JOB[options.store];
  const failed: { seed: number; invariant: string }[] = [];
  let next = options.from;
  let count = 0;
  let simulatedMs = 0;
  const reached = new Set<Reached>();
  const work = async () => {
    const url = new URL("./worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    while (next <= options.to && !(options.first && failed.length > 0)) {
      const from = next;
      const to = Math.min(options.to, from + size - 1);
      next = to + 1;
      const { store, hours } = options;
      const result = await ask(worker, { from, to, store, hours });
      failed.push(...result.failed);
      simulatedMs += result.simulatedMs;
      for (const what of result.reached) reached.add(what);
      count += to - from + 1;
      options.progress?.(count);
    }
    worker.terminate();
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return {
    count,
    failed: failed.sort((a, b) => a.seed - b.seed),
    reached,
    simulatedMs,
    tookMs: performance.now() - startedMs,
  };
}

function ask(worker: Worker, job: Job): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<JobResult>) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(job);
  });
}
