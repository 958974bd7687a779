import { parseArgs } from "@std/cli";
import { diskOf } from "./disks.ts";
import { mutationTable, runMutations } from "./mutate.ts";
import { fromTimer } from "./scheduler.ts";
import { runSeeds } from "./seeds.ts";
import { runSeed, type StoreKind } from "./simulate.ts";
import { lineText, storyOf } from "./story.ts";

const USAGE = `deno task simulate [options]

  --seeds FROM..TO  seeds to run (1..2000)
  --seed X          one seed; with --trace its whole story
  --store KIND      memory or sqlite (memory)
  --hours H         least simulated hours of each seed (1)
  --jobs N          workers (one for each core)
  --first           stop at the first seed that fails
  --mutations       break our own code in known ways; each must be found
`;

const output = new TextEncoder();

function print(text: string): void {
  Deno.stdout.writeSync(output.encode(`${text}\n`));
}

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, {
    boolean: ["trace", "first", "mutations", "help"],
    string: ["seeds", "seed", "store", "hours", "jobs"],
  });
  if (args.help) {
    print(USAGE);
    return 0;
  }
  const store: StoreKind = args.store === "sqlite" ? "sqlite" : "memory";
  const hours = Number(args.hours ?? 1);
  const jobs = Number(args.jobs ?? navigator.hardwareConcurrency);
  if (args.seed !== undefined) {
    return await one(Number(args.seed), { store, hours, trace: args.trace });
  }
  const range = /^(\d+)\.\.(\d+)$/.exec(args.seeds ?? "1..2000");
  if (!range) {
    print(`Cannot read --seeds: expected FROM..TO, got ${args.seeds}`);
    return 2;
  }
  const [from, to] = [Number(range[1]), Number(range[2])];
  if (args.mutations) {
    const results = await runMutations({ seedsMax: to - from + 1, jobs });
    print(mutationTable(results));
    return results.every(({ found }) => found) ? 0 : 1;
  }
  return await many({ from, to, store, hours, jobs, first: args.first });
}

/** Runs one seed and tells its story. */
async function one(
  seed: number,
  options: { store: StoreKind; hours: number; trace: boolean },
): Promise<number> {
  const { hours } = options;
  const disk = diskOf(options.store);
  const { violation, lines } = await fromTimer(() =>
    runSeed(seed, { disk, hours, isTold: options.trace })
  );
  if (options.trace) { for (const line of lines) print(lineText(line)); }
  else if (violation) print(await storyOf(seed, { disk, hours }));
  if (!violation) print(`Seed ${seed}: everything holds`);
  return violation ? 1 : 0;
}

/** Runs many seeds; of the first that fails the story is told. */
async function many(
  options: Parameters<typeof runSeeds>[0],
): Promise<number> {
  const isTerminal = Deno.stdout.isTerminal();
  const { count, failed, simulatedMs, tookMs } = await runSeeds({
    ...options,
    progress: (done) => {
      if (isTerminal) Deno.stdout.writeSync(output.encode(`\r${done} seeds`));
    },
  });
  if (isTerminal) print("");
  const perSecond = (count / tookMs * 1000).toFixed(1);
  const hours = Math.round(simulatedMs / 3_600_000);
  print(
    `${count} seeds over the ${options.store} store, ${hours} simulated ` +
      `hours, ${perSecond} seeds/s: ${failed.length} failed`,
  );
  const [first] = failed;
  if (!first) return 0;
  for (const { seed, invariant } of failed.slice(0, 20)) {
    print(`  seed ${seed}: ${invariant}`);
  }
  const disk = diskOf(options.store);
  print(await storyOf(first.seed, { disk, hours: options.hours }));
  return 1;
}

Deno.exit(await main());
