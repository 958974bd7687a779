import { assert, assertEquals } from "@std/assert";
import { type Random, seededRandom } from "../../../lib/base/mod.ts";
import {
  admit,
  decode,
  encode,
  faultAnswer,
  type Origin,
} from "../../../lib/message/mod.ts";
import { TEST_STAMP } from "../../support/messages.ts";
import { plainMessage, recordedFrames } from "./frames.ts";

const CASES = 20_000;
const ORIGINS: readonly Origin[] = ["cloud", "edged", "internal"];
const PROBE = JSON.stringify(plainMessage());
const SMALL = recordedFrames().filter(({ text }) => text.length < 20_000);

/** Draws from lists and ranges. */
class Dice {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    assert(list.length > 0);
    return picked as T;
  }
}

const ODD_VALUES: readonly unknown[] = [
  null,
  "",
  "x",
  0,
  -1,
  1.5,
  1e300,
  true,
  [],
  {},
  [[]],
  { a: { b: [null] } },
  "\ud800",
  "\u0000",
  "__proto__",
  "a/b/c/d",
  "x".repeat(2000),
];

/** Every object and array of a value, itself included. */
function containers(value: unknown, found: object[] = []): object[] {
  if (typeof value !== "object" || value === null) return found;
  found.push(value);
  for (const inner of Object.values(value)) containers(inner, found);
  return found;
}

/** Changes one field somewhere: drops, retypes, nests, copies or renames it. */
function mutateValue(value: unknown, dice: Dice): void {
  const holder = dice.pick(containers(value)) as Record<string, unknown>;
  const keys = Object.keys(holder);
  if (keys.length === 0) return;
  const key = dice.pick(keys);
  switch (dice.below(6)) {
    case 0:
      delete holder[key];
      break;
    case 1:
    case 2:
      // A copy, since a later change may go into it.
      holder[key] = structuredClone(dice.pick(ODD_VALUES));
      break;
    case 3:
      holder[key] = { [key]: [holder[key]] };
      break;
    case 4:
      holder[dice.pick(keys)] = structuredClone(holder[key]);
      break;
    default:
      Object.defineProperty(
        holder,
        dice.pick(["__proto__", "constructor", "header", "\udc00", ""]),
        { value: 1, enumerable: true, configurable: true, writable: true },
      );
  }
}

/** Changes the text itself: cuts it, doubles it, or replaces a piece. */
function mutateText(text: string, dice: Dice): string {
  const at = dice.below(text.length + 1);
  switch (dice.below(4)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(at);
    case 2: {
      const pieces = ['"', "{", "[[[", "\\", "\\ud800", "1e999", ",", "\u0000"];
      return text.slice(0, at) + dice.pick(pieces) + text.slice(at + 1);
    }
    default:
      return text + text.slice(at);
  }
}

function mutate(text: string, dice: Dice): string {
  if (dice.below(3) === 0) return mutateText(text, dice);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    assert(error instanceof SyntaxError);
    return mutateText(text, dice);
  }
  for (let i = dice.below(3); i >= 0; i--) mutateValue(value, dice);
  return JSON.stringify(value);
}

function check(text: string): void {
  const decoded = decode(text);
  if (!decoded.ok) {
    const { kind, text: why } = decoded.fault;
    assert(kind && why);
    for (const origin of ORIGINS) {
      const answer = faultAnswer(TEST_STAMP, decoded.fault, origin);
      assert(!answer || decode(encode(answer)).ok);
    }
    return;
  }
  const again = encode(decoded.message);
  assert(again.isWellFormed());
  assertEquals(encodeAgain(again), again);
  for (const origin of ORIGINS) {
    const fault = admit(decoded.message, origin);
    if (!fault) continue;
    const answer = faultAnswer(TEST_STAMP, fault, origin);
    assert(!answer || decode(encode(answer)).ok);
  }
}

function encodeAgain(text: string): string {
  const decoded = decode(text);
  assert(decoded.ok);
  return encode(decoded.message);
}

Deno.test("I2 malformed_message_is_contained", () => {
  const given = Number(Deno.env.get("FUZZ_SEED"));
  const seed = given || Date.now() % 2 ** 31;
  const dice = new Dice(seededRandom(seed));
  for (let i = 0; i < CASES; i++) {
    const frame = dice.pick(SMALL);
    const text = mutate(frame.text, dice);
    try {
      check(text);
      // The next message is served.
      assert(decode(PROBE).ok);
    } catch (error) {
      throw new Error(
        `FUZZ_SEED=${seed}, case ${i}, from ${frame.at}: ${
          text.slice(0, 2000)
        }`,
        { cause: error },
      );
    }
  }
});
