import { diskOf } from "../simulation/disks.ts";
import { fromTimer } from "../simulation/scheduler.ts";
import type { SimDisk } from "../simulation/sim_node.ts";
import { type Case, caseOf } from "./case.ts";
import { type Corpus, loadCorpus } from "./corpus.ts";
import { type Counts, type Failure, Life } from "./life.ts";
import type { Mutated } from "./mutate.ts";

/** Cases of one life of the node; each life begins with an empty store. */
export const LIFE_CASES = 500;
/** One life in so many has its store in SQLite. */
const SQLITE_EVERY = 20;
/** Most lives that shrinking may take. */
const SHRINKS_MAX = 400;

/** What to try. */
export interface FuzzOptions {
  /** First case. @default 0 */
  readonly from?: number;
  /** Number of cases. */
  readonly cases: number;
  /** What all of it replays from. */
  readonly seed: number;
  /** Told after each life. */
  readonly progress?: (counts: Counts) => void;
  /** Makes the disk of a life. @default in memory, or SQLite now and then */
  readonly disk?: () => SimDisk;
}

/** How it went. */
export interface FuzzResult {
  readonly counts: Counts;
  /** What went wrong first. */
  readonly failure: Failure | undefined;
  /** The fewest cases, with the fewest mutations, that show it again. */
  readonly shrunk: readonly Case[];
}

/** Plays cases, life after life, up to the first failure. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const corpus = loadCorpus();
  const counts: Counts = { cases: 0, refused: 0, accepted: 0, links: 0 };
  const { seed, from = 0, disk } = options;
  const playing = { seed, corpus, ...(disk ? { disk } : {}) };
  for (let at = from; at < from + options.cases; at += LIFE_CASES) {
    const end = Math.min(at + LIFE_CASES, from + options.cases);
    const cases = Array.from(
      { length: end - at },
      (_, i) => caseOf(seed, at + i),
    );
    const life = await play(cases, playing);
    for (const name of Object.keys(counts) as (keyof Counts)[]) {
      counts[name] += life.counts[name];
    }
    if (life.failure) {
      const shrunk = await shrink(cases, life.failure, playing);
      return { counts, failure: life.failure, shrunk };
    }
    options.progress?.(counts);
  }
  return { counts, failure: undefined, shrunk: [] };
}

/** What a life is played with. */
export interface PlayOptions {
  readonly seed: number;
  readonly corpus: Corpus;
  /** Makes its disk. @default in memory, or SQLite now and then */
  readonly disk?: () => SimDisk;
  /** Told each frame before it is sent. */
  readonly told?: (fuzzed: Case, sent: Mutated) => void;
}

/** Plays one life; a promise that nobody awaits fails it, too. */
export async function play(
  cases: readonly Case[],
  options: PlayOptions,
): Promise<Pick<Life, "counts" | "failure">> {
  const { seed, corpus, told } = options;
  const number = Math.floor((cases[0]?.index ?? 0) / LIFE_CASES);
  const isSqlite = number % SQLITE_EVERY === SQLITE_EVERY - 1;
  const disk = options.disk ?? diskOf(isSqlite ? "sqlite" : "memory");
  const life = new Life({
    disk: disk(),
    corpus,
    seed: seed + number,
    ...(told ? { told } : {}),
  });
  let rejected: Failure | undefined;
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    const { reason } = event;
    const text = reason instanceof Error ? reason.stack ?? "" : String(reason);
    rejected ??= { invariant: "no rejection is unhandled", text, index: -1 };
  };
  addEventListener("unhandledrejection", onRejection);
  try {
    await fromTimer(() => life.run(cases));
    // The runtime tells of it in a later turn of its loop.
    await fromTimer(() => undefined);
  } finally {
    removeEventListener("unhandledrejection", onRejection);
  }
  return { counts: life.counts, failure: life.failure ?? rejected };
}

/** Takes cases away, then mutations, as long as the same thing goes wrong. */
async function shrink(
  cases: readonly Case[],
  failure: Failure,
  options: PlayOptions,
): Promise<readonly Case[]> {
  let plays = 0;
  const fails = async (candidate: readonly Case[]) => {
    if (candidate.length === 0 || ++plays > SHRINKS_MAX) return false;
    const again = await play(candidate, options);
    return again.failure?.invariant === failure.invariant;
  };
  const until = failure.index < 0
    ? cases
    : cases.filter(({ index }) => index <= failure.index);
  let best = await fails(until) ? until : cases;
  for (let size = Math.ceil(best.length / 2); size >= 1;) {
    const before = best.length;
    for (let at = 0; at < best.length;) {
      const rest = [...best.slice(0, at), ...best.slice(at + size)];
      if (await fails(rest)) best = rest;
      else at += size;
    }
    if (size === 1 && best.length === before) break;
    size = Math.max(1, Math.floor(size / 2));
    if (plays > SHRINKS_MAX) break;
  }
  return await withFewerMutations(best, fails);
}

async function withFewerMutations(
  cases: readonly Case[],
  fails: (candidate: readonly Case[]) => Promise<boolean>,
): Promise<readonly Case[]> {
  let best = cases;
  for (const [i, { mutations }] of cases.entries()) {
    for (const mutation of mutations) {
      const candidate = best.map((one, j) =>
        i === j
          ? { ...one, mutations: one.mutations.filter((m) => m !== mutation) }
          : one
      );
      if (await fails(candidate)) best = candidate;
    }
  }
  return best;
}

/** What a person needs to see of a failure, and to try it again. */
export async function storyOf(
  { failure, shrunk }: FuzzResult,
  seed: number,
): Promise<string> {
  if (!failure) return "everything holds";
  const lines = [
    `Case ${failure.index} breaks "${failure.invariant}"`,
    `  ${failure.text}`,
    `It takes ${shrunk.length} cases:`,
  ];
  const again = await play(shrunk, {
    seed,
    corpus: loadCorpus(),
    told: ({ index, side, mutations, framing }, { text, bytes }) => {
      const names = mutations.map(({ name }) => name).join(", ");
      lines.push(
        `  ${index} to the ${side} link, ${framing}, [${names}]: ` +
          shortened(text ?? `${bytes}`),
      );
    },
  });
  if (again.failure) lines.push(`then: ${again.failure.text}`);
  lines.push(`Again: deno task fuzz --seed ${seed} --case ${failure.index}`);
  return lines.join("\n");
}

/** Long values are told by their beginning. */
function shortened(text: string): string {
  return text.replace(/x{50,}/g, (run) => `x... (${run.length})`)
    .slice(0, 3000);
}
