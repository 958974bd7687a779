import { type Mutation, MUTATIONS } from "./mutations.ts";

/** How a mutation fared. */
export interface MutationResult {
  readonly mutation: Mutation;
  /** Whether a seed failed. */
  readonly found: boolean;
  /** The first seed that failed, and what it broke. */
  readonly seed: number;
  readonly invariant: string;
}

/** Which mutations to try, and how hard. */
export interface MutateOptions {
  /** Seeds within which each has to be found. */
  readonly seedsMax: number;
  /** Workers at a time. */
  readonly jobs: number;
  /** Names of the mutations. @default all */
  readonly only?: readonly string[];
}

const ROOT = new URL("../../", import.meta.url);

/** What a run of the simulation needs. */
const COPIED = ["deno.json", "deno.lock", "lib", "tests/simulation"];

/**
 * Breaks a copy of our own code in one way at a time and runs the simulation
 * over it: what it does not find then, it would not find in earnest.
 *
 * @throws {Error} If a mutation fits the code no more.
 */
export async function runMutations(
  options: MutateOptions,
): Promise<MutationResult[]> {
  const results: MutationResult[] = [];
  for (const mutation of MUTATIONS) {
    if (options.only && !options.only.includes(mutation.name)) continue;
    const folder = Deno.makeTempDirSync({ prefix: "mutation-" });
    try {
      for (const path of COPIED) copy(path, folder);
      mutate(mutation, folder);
      results.push(await simulate(mutation, folder, options));
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  }
  return results;
}

/** The results as a person reads them. */
export function mutationTable(results: readonly MutationResult[]): string {
  const width = Math.max(
    ...results.map(({ mutation }) => mutation.name.length),
  );
  return results.map(({ mutation, found, seed, invariant }) => {
    const name = mutation.name.padEnd(width);
    return found
      ? `${name}  ${mutation.store.padEnd(6)}  seed ${
        String(seed).padStart(4)
      }  ${invariant}`
      : `${name}  ${mutation.store.padEnd(6)}  NOT FOUND`;
  }).join("\n");
}

/** The text of a file with a mutation in it. @throws {Error} If it does not fit. */
export function mutated(
  text: string,
  edit: Mutation["edits"][number],
): string {
  const parts = text.split(edit.find);
  if (parts.length !== 2) {
    throw new Error(
      `Cannot mutate ${edit.file}: expected once, found ` +
        `${parts.length - 1} times: ${edit.find}`,
    );
  }
  return parts.join(edit.replace);
}

function mutate(mutation: Mutation, folder: string): void {
  for (const edit of mutation.edits) {
    const path = `${folder}/${edit.file}`;
    Deno.writeTextFileSync(path, mutated(Deno.readTextFileSync(path), edit));
  }
}

async function simulate(
  mutation: Mutation,
  folder: string,
  { seedsMax, jobs }: MutateOptions,
): Promise<MutationResult> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--no-check",
      "tests/simulation/main.ts",
      "--first",
      `--seeds=1..${seedsMax}`,
      `--store=${mutation.store}`,
      `--jobs=${jobs}`,
    ],
    cwd: folder,
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout);
  const [, seed, invariant] = /seed (\d+): (.*)/.exec(text) ?? [];
  if (!/\d+ seeds over the/.test(text)) {
    throw new Error(
      `Cannot simulate ${mutation.name}: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return {
    mutation,
    found: seed !== undefined,
    seed: Number(seed ?? 0),
    invariant: invariant ?? "",
  };
}

function copy(path: string, folder: string): void {
  const from = new URL(path, ROOT);
  const to = `${folder}/${path}`;
  if (Deno.statSync(from).isFile) {
    Deno.mkdirSync(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    Deno.copyFileSync(from, to);
    return;
  }
  Deno.mkdirSync(to, { recursive: true });
  for (const { name } of Deno.readDirSync(from)) {
    copy(`${path}/${name}`, folder);
  }
}
