/**
 * Kills and faults against the compiled program, at length.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { existsSync } from "node:fs";
import type { Fault } from "./fault.ts";
import { FAULTS } from "./faults.ts";
import { type KillFigures, runKills } from "./kills.ts";
import { print } from "./print.ts";
import { MEMORY_MB_MAX, program } from "./program.ts";
import { lackOf, runFault } from "./run_fault.ts";

const USAGE = `deno task faults [options]

Kills the compiled program under load, --rounds times on one folder, and
compares its store each time with all that it acknowledged. Then takes its
disk, its rights, its files and its file handles away.

  --rounds N    times that it is killed (100)
  --seed S      chooses the instants (by the clock)
  --only NAME   kills, or a fault whose name begins so:
                ${FAULTS.map(({ name }) => name).join(", ")}

METAMANAGER_BINARY names the program; by default that of dist/. Exit code 1
if anything was lost or is wrong.
`;

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, {
    boolean: ["help"],
    string: ["rounds", "seed", "only"],
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
  const { only = "" } = args;
  const chosen = FAULTS.filter(({ name }) => name.startsWith(only));
  const isKills = "kills".startsWith(only);
  if (chosen.length === 0 && !isKills) {
    print(`Unknown fault: ${only}`);
    return 2;
  }
  const missing = program().find((word) =>
    word.startsWith("/") && !existsSync(word)
  );
  if (missing) {
    print(`Cannot find ${missing}: run deno task compile first`);
    return 2;
  }
  let failed = isKills && !await kills(rounds, seed) ? 1 : 0;
  for (const fault of chosen) if (!await happens(fault)) failed = 1;
  return failed;
}

/** @returns Whether all holds. */
async function happens(fault: Fault): Promise<boolean> {
  const lack = lackOf(fault);
  if (lack) {
    print(`${fault.name}: not here, it needs: ${lack}`);
    return true;
  }
  try {
    const peakMb = (await runFault(fault)).toFixed(0);
    print(`${fault.name}: holds, peak ${peakMb} MB of ${MEMORY_MB_MAX}`);
    return true;
  } catch (error) {
    print(`${fault.name}: FAILED, ${fault.title}\n${error}`);
    return false;
  }
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
