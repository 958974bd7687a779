import fc from "fast-check";

/** Runs of each property: all of them take a few seconds together. */
const RUNS = 300;

/**
 * Checks a property with random values; what breaks it is shrunk and told
 * with its seed. `PROPERTY_SEED` takes that seed again.
 *
 * @param runs How many values are tried. @default 300
 */
export function holds<T extends unknown[]>(
  property: fc.IRawProperty<T>,
  runs = RUNS,
): Promise<void> | void {
  const seed = Number(Deno.env.get("PROPERTY_SEED"));
  return fc.assert(property, { numRuns: runs, ...(seed ? { seed } : {}) });
}

/** Any value that JSON can carry, with the characters that UTF-8 can. */
export function json(maxDepth = 4): fc.Arbitrary<fc.JsonValue> {
  return fc.jsonValue({ maxDepth, stringUnit: "binary" })
    // The decoder refuses the key, since it means something else in an object.
    .filter((value) => !JSON.stringify(value).includes('"__proto__"'));
}

/** The same value with the fields of all its objects in another order. */
export function reordered(value: fc.JsonValue): fc.JsonValue {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).reverse().map(([key, inner]) => [
      key,
      reordered(inner as fc.JsonValue),
    ]),
  );
}
