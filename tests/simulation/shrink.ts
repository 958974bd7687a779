import type { Plan, Step } from "./plan.ts";
import { run, type RunOptions } from "./simulate.ts";

/** Most runs that a shrink may take. */
const RUNS_MAX = 400;

/**
 * Takes away what is not needed for a plan to fail, by halves, then quarters
 * and so on (delta debugging): what is left is short enough to be read.
 *
 * @returns The smallest plan found that breaks the same invariant.
 */
export function shrink(plan: Plan, options: RunOptions = {}): Plan {
  const invariant = run(plan, options).violation?.invariant;
  if (invariant === undefined) return plan;
  let runs = 0;
  const fails = (candidate: Plan) => {
    runs++;
    return run(candidate, options).violation?.invariant === invariant;
  };
  let best = withoutAgents(plan, fails);
  for (let parts = 2; runs < RUNS_MAX;) {
    const smaller = withoutPart(best, parts, fails);
    if (smaller) {
      best = smaller;
      parts = Math.max(2, parts - 1);
    } else if (parts >= best.steps.length) {
      break;
    } else {
      parts = Math.min(best.steps.length, parts * 2);
    }
  }
  return best;
}

function withoutAgents(plan: Plan, fails: (plan: Plan) => boolean): Plan {
  if (plan.agents.length < 2) return plan;
  const alone: Plan = {
    ...plan,
    agents: plan.agents.slice(0, 1),
    steps: plan.steps.filter(({ agent }) => agent === 0),
  };
  return fails(alone) ? alone : plan;
}

/** The plan without one of so many parts of its steps, if it still fails. */
function withoutPart(
  plan: Plan,
  parts: number,
  fails: (plan: Plan) => boolean,
): Plan | undefined {
  const { steps } = plan;
  const size = Math.ceil(steps.length / parts);
  if (size === 0) return undefined;
  for (let from = 0; from < steps.length; from += size) {
    const rest: Step[] = [
      ...steps.slice(0, from),
      ...steps.slice(from + size),
    ];
    const candidate: Plan = { ...plan, steps: rest };
    if (fails(candidate)) return candidate;
  }
  return undefined;
}
