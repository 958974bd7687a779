/**
 * Writes one binary per target to dist/.
 *
 *     deno task compile [--target TARGET ...] [--no-check]
 *
 * `deno compile` fetches the runtime of each target itself. Where it cannot,
 * DENORT_BIN_<TARGET> (upper case, `_` for `-`) names one that is there, or
 * DENORT_BIN if only one target is asked for.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "@std/cli";
import { portableBundle } from "./bundle_paths.ts";
import { PERMISSIONS } from "./permissions.ts";
import { replaceFile } from "./replace.ts";
import { readRuntime, RuntimeError, runtimeFor, TARGETS } from "./runtime.ts";

/**
 * Fixed in the binary, nothing changes them later. A batch of messages should
 * not outlive a young generation: where an agent answers, a message costs 45 us
 * of CPU with 2 MB, 39 with 4 and 36 with 8, and each step takes 2 to 10 MB
 * more at the peak. The old space holds the largest message (32 MiB) as object,
 * as it was stored and encoded again; text that was taken has to be let go of.
 * The program then peaks at 345 MB; docs/operating.md says what smaller
 * bounds make of it.
 */
const V8_FLAGS = [
  "--max-semi-space-size=4",
  "--max-old-space-size=128",
  // A node at rest gives back what it took: lib/cli/idle_memory.ts.
  "--expose-gc",
];

const ROOT = new URL("../", import.meta.url);
const HELP = `deno task compile [--target TARGET ...] [--no-check]

Targets (all by default): ${TARGETS.join(", ")}
`;

/** Where the bundle lies while it is compiled; its files lie beside it. */
const BUNDLE = "dist/.bundle";

/** Time of the files in the binary. */
const FILE_TIME = new Date("2020-01-01T00:00:00Z");

/** Compiles what the arguments ask for; the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const strange: string[] = [];
  const parsed = parseArgs([...args], {
    boolean: ["check", "help"],
    string: ["target"],
    collect: ["target"],
    negatable: ["check"],
    default: { check: true },
    unknown: (arg) => {
      strange.push(arg);
      return false;
    },
  });
  const asked = [parsed["target"] ?? []].flat();
  const unknown = asked.find((target) => !TARGETS.includes(target));
  if (parsed.help || unknown !== undefined || strange.length > 0) {
    if (strange.length > 0) say(`Unknown option: ${strange.join(" ")}`);
    if (unknown !== undefined) say(`Unknown target: ${unknown}`);
    say(HELP);
    return parsed.help ? 0 : 2;
  }
  const targets = asked.length > 0 ? asked : TARGETS;
  const runtimes = targets.map((target) => {
    const runtime = runtimeFor(target, targets, (name) => Deno.env.get(name));
    if (runtime) readRuntime(target, runtime);
    return { target, runtime };
  });
  // V8 flags hold for the compiler too, and 128 MB are too few for a check.
  if (parsed.check && !await deno(["check", "--quiet", "main.ts"])) return 1;
  const entry = await bundle();
  for (const { target, runtime } of runtimes) {
    const path = fileURLToPath(new URL(fileOf(target), ROOT));
    const isDone = await replaceFile(
      path,
      (part) => compile(entry, { target, part, runtime: runtime?.file }),
    );
    if (isDone) continue;
    if (!runtime) say(new RuntimeError(target).message);
    return 1;
  }
  Deno.removeSync(new URL(BUNDLE, ROOT), { recursive: true });
  for (const { target } of runtimes) say(await summary(target));
  return 0;
}

/** What is compiled, and the configuration that goes with it. */
interface Entry {
  readonly main: string;
  readonly defaultConfig: string;
}

/**
 * Puts all modules into a few files, apart what a running node never needs: on
 * x86_64 the binary starts in 50 ms instead of 75, rests at 64 MB instead of
 * 72, and is 2.3 MB smaller. Names and lines stay readable. Where the bundler
 * cannot be had the modules are compiled as they are.
 */
async function bundle(): Promise<Entry> {
  const main = "main.js";
  const defaultConfig = `${BUNDLE}/conf/edge.yaml`;
  const source = { main: "main.ts", defaultConfig: "conf/edge.yaml" };
  Deno.mkdirSync(new URL(`${BUNDLE}/conf`, ROOT), { recursive: true });
  Deno.copyFileSync(
    new URL(source.defaultConfig, ROOT),
    new URL(defaultConfig, ROOT),
  );
  const args = ["--code-splitting", "--platform=deno", `--outdir=${BUNDLE}`];
  if (await deno(["bundle", "--quiet", ...args, source.main])) {
    const files = new Map<string, string>();
    const folder = new URL(`${BUNDLE}/`, ROOT);
    for (const { name, isFile } of Deno.readDirSync(folder)) {
      if (!isFile) continue;
      files.set(name, Deno.readTextFileSync(new URL(name, folder)));
      Deno.removeSync(new URL(name, folder));
    }
    for (const [name, text] of portableBundle(files, main)) {
      Deno.writeTextFileSync(new URL(name, folder), text);
      // The binary keeps the times of its files: equal ones make equal binaries.
      Deno.utimeSync(new URL(name, folder), FILE_TIME, FILE_TIME);
    }
    Deno.utimeSync(new URL(defaultConfig, ROOT), FILE_TIME, FILE_TIME);
    return { main: `${BUNDLE}/${main}`, defaultConfig };
  }
  say(
    "Cannot bundle: the modules are compiled one by one, into a binary " +
      "that is larger and starts more slowly",
  );
  return source;
}

async function compile(
  entry: Entry,
  to: { target: string; part: string; runtime: string | undefined },
): Promise<boolean> {
  const { target, part, runtime } = to;
  const args = [
    "compile",
    "--quiet",
    "--no-check",
    "--no-code-cache",
    `--v8-flags=${V8_FLAGS.join(",")}`,
    ...PERMISSIONS,
    `--include=${entry.defaultConfig}`,
    `--target=${target}`,
    `--output=${part}`,
    entry.main,
  ];
  return await deno(args, runtime === undefined ? {} : { DENORT_BIN: runtime });
}

/** Runs this Deno in the project's folder; whether it exited with 0. */
async function deno(
  args: string[],
  env: Record<string, string> = {},
): Promise<boolean> {
  const inherited = Deno.env.toObject();
  delete inherited["DENORT_BIN"];
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    clearEnv: true,
    env: { ...inherited, ...env },
  });
  return (await command.spawn().status).success;
}

function fileOf(target: string): string {
  return `dist/metamanager-${target}`;
}

async function summary(target: string): Promise<string> {
  const bytes = await Deno.readFile(new URL(fileOf(target), ROOT));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const sha256 = new Uint8Array(digest).toHex();
  const megabytes = (bytes.length / 1e6).toFixed(1);
  return `${sha256}  ${fileOf(target)}  ${megabytes} MB`;
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    say(`${error.name}: ${error.message}`);
    Deno.exit(1);
  }
}
