import { planOf } from "./plan.ts";
import { fromTimer } from "./scheduler.ts";
import { shrink } from "./shrink.ts";
import { run, type RunOptions } from "./simulate.ts";
import type { Line } from "./world.ts";

/** Lines of a story that a person still reads. */
const LINES_MAX = 150;

/**
 * The story of a seed that fails: with as few deeds as it takes, what was
 * done, what passed between the parts, what broke.
 */
export async function storyOf(
  seed: number,
  options: RunOptions & { readonly hours: number },
): Promise<string> {
  const plan = planOf(seed, options.hours);
  const small = await fromTimer(() => shrink(plan, options));
  const { violation, lines } = await fromTimer(() =>
    run(small, { ...options, isTold: true })
  );
  if (!violation) return `Seed ${seed}: everything holds`;
  return [
    `Seed ${seed} breaks "${violation.invariant}"`,
    `  ${violation.text}`,
    `${plan.steps.length} deeds, of which it takes ${small.steps.length} (*):`,
    ...tellable(lines).map(lineText),
    `Again: deno task simulate --seed ${seed} --trace`,
  ].join("\n");
}

/** One line, with its time. */
export function lineText({ atMs, text }: Line): string {
  const seconds = (atMs / 1000).toFixed(3).padStart(10);
  return `${seconds} s ${text}`;
}

/** Hours of dials in vain are told by their first. */
function tellable(lines: readonly Line[]): Line[] {
  const told = lines.filter(({ text }, i) => {
    const before = lines[i - 1]?.text;
    return text !== before || text.startsWith("*");
  });
  if (told.length <= LINES_MAX) return told;
  const half = LINES_MAX / 2;
  const skipped = told.length - LINES_MAX;
  const at = told[half]?.atMs ?? 0;
  return [
    ...told.slice(0, half),
    { atMs: at, text: `... ${skipped} lines ...` },
    ...told.slice(-half),
  ];
}
