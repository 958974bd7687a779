import { isRecord } from "../base/mod.ts";

/** A step did not hold. */
export class StepFailedError extends Error {
  /** Always `StepFailedError`. */
  override readonly name = "StepFailedError";
  /** What should have come. */
  readonly expected: string;
  /** What came instead. */
  readonly came: string;

  /** Says both. */
  constructor(expected: string, came: string, options: ErrorOptions = {}) {
    super(`Step failed, expected ${expected}: ${came}`, options);
    this.expected = expected;
    this.came = came;
  }
}

/**
 * Compares two JSON values.
 *
 * @param what What is compared, for the failure.
 * @throws {StepFailedError} If they differ.
 */
export function expectEqual(
  what: string,
  values: { readonly came: unknown; readonly expected: unknown },
): void {
  const came = JSON.stringify(values.came);
  const expected = JSON.stringify(values.expected);
  if (came === expected) return;
  throw new StepFailedError(`${what}: ${expected}`, String(came));
}

/** The value at a path of fields and indexes; `undefined` if there is none. */
export function at(
  value: unknown,
  ...path: readonly (string | number)[]
): unknown {
  let found = value;
  for (const field of path) {
    if (Array.isArray(found)) found = found[Number(field)];
    else if (isRecord(found)) found = found[field];
    else return undefined;
  }
  return found;
}
