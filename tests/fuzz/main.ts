import { parseArgs } from "@std/cli";
import { fuzz, LIFE_CASES, storyOf } from "./fuzz.ts";

const USAGE = `deno task fuzz [options]

  --cases N  cases to try (1000000)
  --seed S   what all of it replays from (1)
  --case K   the life of the node around one case
`;

const output = new TextEncoder();

function print(text: string): void {
  Deno.stdout.writeSync(output.encode(`${text}\n`));
}

/** What the heap may have more at the end than after the first life. */
const GROWTH_BYTES_MAX = 16 * 1024 * 1024;

/** Bytes of the heap after a collection, if one can be had. */
function heapBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return Deno.memoryUsage().heapUsed;
}

/** The same and all that the process has, for people. */
function memory(): string {
  const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
  const heap = megabytes(heapBytes());
  return `${heap} MB of heap, ${megabytes(Deno.memoryUsage().rss)} MB resident`;
}

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, {
    boolean: ["help"],
    string: ["cases", "seed", "case"],
  });
  if (args.help) {
    print(USAGE);
    return 0;
  }
  const seed = Number(args.seed ?? 1);
  const one = args.case === undefined ? undefined : Number(args.case);
  const from = one === undefined ? 0 : one - one % LIFE_CASES;
  const cases = one === undefined
    ? Number(args.cases ?? 1_000_000)
    : LIFE_CASES;
  const startedMs = performance.now();
  let told = 0;
  let firstBytes = Infinity;
  const result = await fuzz({
    from,
    cases,
    seed,
    progress: (counts) => {
      if (counts.cases < told) return;
      told += Math.max(100_000, cases / 20);
      firstBytes = Math.min(firstBytes, heapBytes());
      print(`${counts.cases} cases: ${memory()}`);
    },
  });
  const { counts, failure } = result;
  const perSecond = counts.cases / (performance.now() - startedMs) * 1000;
  print(
    `${counts.cases} cases with seed ${seed}, ${Math.round(perSecond)}/s: ` +
      `${counts.refused} refused, ${counts.accepted} accepted, ` +
      `${counts.links} links ended; ${memory()}`,
  );
  if (failure) {
    print(await storyOf(result, seed));
    return 1;
  }
  const isFlat = heapBytes() - firstBytes < GROWTH_BYTES_MAX;
  if (!isFlat) print("The heap has grown: memory is not flat");
  return isFlat ? 0 : 1;
}

Deno.exit(await main());
