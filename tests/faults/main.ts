/**
 * Kills and faults against the compiled program, at length.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { type KillFigures, runKills } from "./kills.ts";

const USAGE = `deno task faults [options]

Kills the compiled program under load, --rounds times on one folder, and
compares its store each time with all that it acknowledged.

  --rounds N    times that it is killed (100)
  --seed S      chooses the instants and the load (by the clock)

METAMANAGER_BINARY names the program; by default that of dist/. Exit code 1
if anything was lost or is wrong.
`;

const output = new TextEncoder();

function print(text: string): void {
  Deno.stdout.writeSync(output.encode(`${text}\n`));
}

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, {
    boolean: ["help"],
    string: ["rounds", "seed"],
  });
  if (args.help) {
    print(USAGE);
    return 0;
  }
  const rounds = Number(args.rounds ?? 100);
  const seed = Number(args.seed ?? Date.now() % 1e9);
  if (!Number.isSafeInteger(rounds) || !Number.isSafeInteger(seed)) {
    print("Cannot read --rounds or --seed: expected a whole number");
    return 2;
  }
  return await kills(rounds, seed) ? 0 : 1;
}

/** @returns Whether nothing was lost. */
async function kills(rounds: number, seed: number): Promise<boolean> {
  const startedMs = performance.now();
  print(`kills: ${rounds} rounds, --seed ${seed}`);
  const figures = await runKills({
    rounds,
    seed,
    progress: (so) => {
      if (so.rounds % 10 === 0) print(lineOf(so));
    },
  });
  print(lineOf(figures));
  for (const line of figures.lost) print(`  ${line}`);
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  print(`kills: ${seconds} s`);
  return figures.lost.length === 0;
}

function lineOf(figures: KillFigures): string {
  const { rounds, kills, acks, answered, compared, lost, peakMb } = figures;
  return `${rounds} rounds (killed at start ${kills.start}, under load ` +
    `${kills.load}, while stopping ${kills.stop}), ${acks} acks to the ` +
    `cloud, ${answered} answers to the agent, ${compared} compared, ` +
    `${lost.length} lost, peak ${peakMb.toFixed(0)} MB`;
}

Deno.exit(await main());
