import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Clock } from "../../lib/base/mod.ts";
import type { Store } from "../../lib/store/mod.ts";
import { MemoryDisk } from "./model_disk.ts";
import { mutated, runMutations } from "./mutate.ts";
import { MUTATIONS } from "./mutations.ts";
import { planOf } from "./plan.ts";
import { fromTimer } from "./scheduler.ts";
import { runSeeds, type SeedsOptions, type SeedsResult } from "./seeds.ts";
import { shrink } from "./shrink.ts";
import { run, runSeed, type StoreKind } from "./simulate.ts";
import { storyOf } from "./story.ts";

/** Runs seeds on all cores; a failure is told as a story. */
async function simulate(
  store: StoreKind,
  range: Pick<SeedsOptions, "from" | "to">,
): Promise<SeedsResult> {
  const jobs = navigator.hardwareConcurrency;
  const result = await runSeeds({ ...range, store, hours: 1, jobs });
  const [first] = result.failed;
  assert(
    !first,
    first ? `Seed ${first.seed} (${store}): ${first.invariant}` : "",
  );
  const seeds = range.to - range.from + 1;
  assertEquals(result.count, seeds);
  assert(result.simulatedMs >= seeds * 3_600_000);
  return result;
}

Deno.test("local_view_equals_cloud_view, G6: the node keeps its promises in 2,000 random lives over the model store", async () => {
  const { reached } = await simulate("memory", { from: 1, to: 2000 });
  // What is never reached is never checked.
  const all = ["events", "inbox", "outbox", "parked", "requests"];
  assertEquals([...reached].sort(), all);
});

Deno.test("local_view_equals_cloud_view, G6: the node keeps its promises in 50 random lives over SQLite", async () => {
  await simulate("sqlite", { from: 1, to: 50 });
});

Deno.test("a seed replays: the same events, the same story", async () => {
  for (const seed of [3, 7, 11]) {
    const [one, two] = [
      await fromTimer(() => runSeed(seed, { isTold: true })),
      await fromTimer(() => runSeed(seed, { isTold: true })),
    ];
    assertEquals(one.eventCount, two.eventCount);
    assertEquals(one.lines, two.lines);
  }
});

/** A disk that is new after each crash. */
class ForgetfulDisk extends MemoryDisk {
  #disk = new MemoryDisk();

  override open(clock: Clock): Store {
    this.#disk = new MemoryDisk();
    return this.#disk.open(clock);
  }

  override crash(): void {
    this.#disk.crash();
  }

  override durable(): Store {
    return this.#disk.durable();
  }
}

Deno.test("a store that forgets is found, and its story takes a few deeds", async () => {
  const disk = () => new ForgetfulDisk();
  const lost = "an acknowledged write stays";
  const invariantOf = async (seed: number) =>
    (await fromTimer(() => runSeed(seed, { disk }))).violation?.invariant;
  let seed = 1;
  while (await invariantOf(seed) !== lost) seed++;
  const small = await fromTimer(() => shrink(planOf(seed, 1), { disk }));
  const { violation } = await fromTimer(() => run(small, { disk }));
  assertEquals(violation?.invariant, lost);
  assert(small.steps.length <= 6, `${small.steps.length} deeds are left`);
  const story = await storyOf(seed, { disk, hours: 1 });
  assertMatch(story, /breaks "an acknowledged write stays"/);
  assertMatch(story, /node (?:crashes|stops)/);
});

Deno.test("a seed that fails nowhere has no story", async () => {
  assertEquals(await storyOf(5, { hours: 1 }), "Seed 5: everything holds");
});

Deno.test("every mutation fits the code that it is to break", () => {
  const root = new URL("../../", import.meta.url);
  for (const { edits } of MUTATIONS) {
    const texts = new Map<string, string>();
    for (const edit of edits) {
      const text = texts.get(edit.file) ??
        Deno.readTextFileSync(new URL(edit.file, root));
      texts.set(edit.file, mutated(text, edit));
    }
  }
});

Deno.test("the simulation finds an ack before COMMIT and a lost one", async () => {
  const results = await runMutations({
    seedsMax: 200,
    jobs: navigator.hardwareConcurrency,
    only: ["outcomes leave before COMMIT", "COMMIT is forgotten"],
  });
  assertEquals(results.map(({ found }) => found), [true, true]);
});
