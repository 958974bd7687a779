/**
 * The benches: the compiled binary as a process of its own, a cloud over
 * wss, agents over the Unix socket, and the bare loop beside it.
 *
 *     deno task bench [--rows 1,9] [--runs 5] [--quick] [--json FILE]
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { cloudInserts, cloudInsertsAmong, cloudUpdates } from "./rows_cloud.ts";
import { coldStart, memory, outbox, reconnects } from "./rows_life.ts";
import {
  attachAmong,
  listsAndRemote,
  podStatuses,
  queries,
} from "./rows_local.ts";
import { Measured } from "./process.ts";
import { generateStore } from "./stores.ts";
import type { Suite } from "./suite.ts";
import { Table } from "./table.ts";
import { World } from "./world.ts";

const ROOT = new URL("../../", import.meta.url);
const TARGET = `${Deno.build.arch}-unknown-linux-gnu`;
const HELP = `deno task bench [options]

  --rows 1,2,9    rows to run; all by default (9 comes with 1, 2, 3 and 10)
  --runs 5        times that each row is run
  --quick         fewer messages
  --json FILE     also write the figures, machine and date
  --million       row 5 also among a million objects
  --messages N    messages of row 10, 100000 by default
  --soak MINUTES  soak of row 10 at 1,000 messages a second, none by default
  --idle SECONDS  how long an idle node is watched for row 9, 20 by default
  --drops N       drops in a row of row 7, 20 by default
  --folder DIR    where the stores lie; choose the disk to measure
  --floor FILE    a compiled floor.ts to run instead of its source

METAMANAGER_BINARY names the binary; by default that of dist/, which is
compiled if it is missing.
`;

/** What runs for each row. */
const ROWS: Readonly<Record<string, (suite: Suite) => Promise<void>>> = {
  "1": cloudInserts,
  "2": cloudUpdates,
  "3": podStatuses,
  "4": async (suite) => {
    await queries(suite, 1000, 4);
    await listsAndRemote(suite);
  },
  "5": async (suite) => {
    for (const objects of [1000, 100_000]) await among(suite, objects);
  },
  "5m": (suite) => among(suite, 1_000_000),
  "6": coldStart,
  "7": reconnects,
  "8": outbox,
  "10": memory,
};

async function among(suite: Suite, objects: number): Promise<void> {
  await cloudInsertsAmong(suite, objects);
  await queries(suite, objects, 5);
  await attachAmong(suite, objects);
}

async function main(): Promise<number> {
  const args = parseArgs([...Deno.args], {
    boolean: ["quick", "million", "help"],
    string: [
      "rows",
      "json",
      "folder",
      "floor",
      "runs",
      "messages",
      "soak",
      "idle",
      "drops",
    ],
    default: {
      runs: "5",
      messages: "100000",
      soak: "0",
      idle: "20",
      drops: "20",
    },
  });
  const rows = typeof args["rows"] === "string"
    ? args["rows"].split(",").flatMap((row) => row === "9" ? [] : [row])
    : Object.keys(ROWS).filter((row) => row !== "5m" || args["million"]);
  const unknown = rows.find((row) => !Object.hasOwn(ROWS, row));
  if (args["help"] || unknown !== undefined) {
    if (unknown !== undefined) say(`Unknown row: ${unknown}`);
    say(HELP);
    return args["help"] ? 0 : 2;
  }
  const runs = Number(args["runs"]);
  const table = new Table();
  const programs = await findPrograms(args["floor"] as string | undefined);
  await using world = await World.create(
    programs,
    args["folder"] as string | undefined,
  );
  const stores = new Map<number, Promise<string>>();
  const suite: Suite = {
    world,
    table,
    scale: (n) => args["quick"] ? Math.max(20, Math.round(n / 10)) : n,
    stores: (objects) => {
      const known = stores.get(objects);
      if (known) return known;
      const folder = `${world.folder}/store-${objects}`;
      const made = generateStore(folder, { pods: objects });
      stores.set(objects, made);
      return made;
    },
    memoryMessages: Number(args["messages"]),
    soakMinutes: Number(args["soak"]),
    idleSeconds: Number(args["idle"]),
    drops: Number(args["drops"]),
  };
  const failed: string[] = [];
  for (let run = 1; run <= runs; run++) {
    for (const row of rows) {
      say(`run ${run} of ${runs}, row ${row}`);
      try {
        await ROWS[row]!(suite);
      } catch (error) {
        // The other rows have been measured: theirs are told all the same.
        failed.push(`row ${row}, run ${run}: ${error}`);
      }
    }
  }
  const about = aboutMachine(programs.node.join(" "));
  say(`\n${about.date}, ${about.machine}, Deno ${about.deno}\n`);
  say(table.text());
  say("\nSpread: lowest and highest run. x floor: median of the quotients.");
  if (typeof args["json"] === "string") {
    const json = JSON.stringify({ ...about, lines: table.lines() }, null, 2);
    await Deno.writeTextFile(args["json"], json + "\n");
  }
  for (const line of failed) say(`FAILED: ${line}`);
  return failed.length > 0 ? 1 : 0;
}

/** The binary, compiled if it is missing; loop and agent from their source. */
async function findPrograms(floor: string | undefined) {
  const named = Deno.env.get("METAMANAGER_BINARY");
  const built = new URL(`dist/metamanager-${TARGET}`, ROOT).pathname;
  if (!named && !await exists(built)) await compile();
  const run = [Deno.execPath(), "run", "--quiet", "--no-check", "-A"];
  const source = (name: string) => new URL(name, import.meta.url).pathname;
  return {
    node: named ? named.split(" ") : [built],
    floor: floor ? [floor] : [...run, source("floor.ts")],
    agent: [...run, source("agent.ts")],
  };
}

async function compile(): Promise<void> {
  say("compiling the binary");
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/compile.ts", "--target", TARGET],
    cwd: ROOT,
  }).spawn().status;
  if (!success) throw new Error(`Cannot compile for ${TARGET}`);
}

async function exists(file: string): Promise<boolean> {
  try {
    return (await Deno.stat(file)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function aboutMachine(binary: string) {
  const cpu = /^model name\s*: (.*)$/m.exec(
    Deno.readTextFileSync("/proc/cpuinfo"),
  )?.[1];
  const cores = navigator.hardwareConcurrency;
  const memoryGb = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cores} x ${cpu ?? Deno.build.arch}, ${memoryGb} GB, ` +
      `Linux ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    binary,
    load: Deno.loadavg(),
  };
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

if (import.meta.main) {
  // A defect here must leave no node behind that takes the next run's time.
  addEventListener("unhandledrejection", () => Measured.endAll());
  Deno.exit(await main());
}
