/** A broken invariant of our own: a defect in this program, never bad input. */
export class AssertionError extends Error {
  /** Always `AssertionError`. */
  override readonly name = "AssertionError";
}

/**
 * States what must hold.
 *
 * @throws {AssertionError} If it does not.
 */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new AssertionError(`Invariant broken: ${what}`);
}

/**
 * Ends a `switch` over a union: a case that is missing does not compile.
 *
 * @throws {AssertionError} Always.
 */
export function unreachable(value: never): never {
  throw new AssertionError(`Unexpected case: ${JSON.stringify(value)}`);
}
