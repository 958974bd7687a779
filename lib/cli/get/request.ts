import { UsageError } from "../command.ts";
import { typesOf } from "./resource_types.ts";

/** Objects that a command names. */
export interface Request {
  /** Type in the store. */
  readonly type: string;
  /** Their names; none: all of the type. */
  readonly names: readonly string[];
}

/** There is no such type; said in kubectl's words. */
export class UnknownTypeError extends Error {
  /** Always `UnknownTypeError`. */
  override readonly name = "UnknownTypeError";
  /** What to do about it. */
  readonly hint = "metamanager get all -A shows every type that is stored";

  /** @param word What was given. */
  constructor(word: string) {
    super(`the store doesn't have a resource type "${word}"`);
  }
}

/**
 * Reads what a command names as kubectl does: `TYPE`, `TYPE NAME...`,
 * `TYPE,TYPE`, or `TYPE/NAME...`.
 *
 * @param stored Types of which the store holds an object.
 * @throws {UsageError} If it is none of these.
 * @throws {UnknownTypeError} If there is no such type.
 */
export function readRequests(
  words: readonly string[],
  stored: readonly string[],
): Request[] {
  const [first = "", ...names] = words;
  if (first === "") throw new UsageError("Expected a type, as in: get pods");
  if (!words.some((word) => word.includes("/"))) {
    if (names.includes("")) throw new UsageError("A name is empty");
    return typesIn(first, stored).map((type) => ({ type, names }));
  }
  const requests = new Map<string, string[]>();
  for (const word of words) {
    const [type = "", name = "", ...more] = word.split("/");
    if (type === "" || name === "" || more.length > 0) {
      throw new UsageError(
        `Expected each argument as TYPE/NAME, since one is, got: ${word}`,
      );
    }
    for (const one of typesIn(type, stored)) {
      requests.set(one, [...requests.get(one) ?? [], name]);
    }
  }
  return Array.from(requests, ([type, names]) => ({ type, names }));
}

/** @param list Types with commas between them. */
function typesIn(list: string, stored: readonly string[]): string[] {
  const types = list.split(",").flatMap((word) => {
    const found = word === "" ? undefined : typesOf(word, stored);
    if (!found) throw new UnknownTypeError(word);
    return found;
  });
  return [...new Set(types)];
}
