import { Chance } from "../simulation/chance.ts";
import type { Side } from "./corpus.ts";
import { drawMutations, type Mutation } from "./mutate.ts";

/** How a message is put into frames of WebSocket. */
export type Framing = "text" | "binary" | "pieces" | "broken";

/** One thing that comes in. A function of the seed and its number alone. */
export interface Case {
  /** Its number: 0 is the first of the run. */
  readonly index: number;
  /** By which link it comes. */
  readonly side: Side;
  /** Whose recorded message it was. */
  readonly from: Side;
  /** Which of them, and what the far sides do behind it. */
  readonly seed: number;
  /** Whether its versions are newer than all before. */
  readonly isNewer: boolean;
  /** What is wrong with it. */
  readonly mutations: readonly Mutation[];
  /** How it comes. */
  readonly framing: Framing;
  /** The next one comes at once behind it, in the same transaction. */
  readonly isGlued: boolean;
  /** Time until the next one, in milliseconds. */
  readonly waitMs: number;
}

/** The case of a number. */
export function caseOf(seed: number, index: number): Case {
  const chance = new Chance(seed, index);
  const side: Side = chance.is(0.6) ? "cloud" : "agent";
  const other: Side = side === "cloud" ? "agent" : "cloud";
  return {
    index,
    side,
    from: chance.is(0.9) ? side : other,
    seed: chance.below(2 ** 31),
    isNewer: chance.is(0.6),
    mutations: drawMutations(chance),
    framing: framingOf(chance),
    isGlued: chance.is(0.08),
    waitMs: waitOf(chance),
  };
}

function framingOf(chance: Chance): Framing {
  if (chance.is(0.85)) return "text";
  if (chance.is(0.6)) return "binary";
  return chance.is(0.9) ? "pieces" : "broken";
}

/** Mostly at once; now and then past one deadline or another. */
function waitOf(chance: Chance): number {
  if (chance.is(0.985)) return 1 + chance.below(60);
  return chance.is(0.9) ? 500 + chance.below(2500) : 12_000;
}
