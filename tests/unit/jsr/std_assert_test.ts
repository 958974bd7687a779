import * as is from "@std/assert";

/** Tells whether an assertion holds; another error than its own escapes. */
function holds(run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof is.AssertionError) return false;
    throw error;
  }
}

function expect(outcomes: [boolean, () => void][]): void {
  outcomes.forEach(([expected, run], i) => {
    if (holds(run) !== expected) throw new Error(`Case ${i}: ${run}`);
  });
}

Deno.test("assertEquals, compares values as the real package does", () => {
  const bare = Object.assign(Object.create(null), { a: 1 });
  expect([
    [true, () => is.assertEquals<unknown>(bare, { a: 1 })],
    [true, () => is.assertEquals([{ a: -0 }], [{ a: 0 }])],
    [true, () => is.assertEquals(NaN, NaN)],
    [true, () => is.assertEquals(new Map([[1, 2]]), new Map([[1, 2]]))],
    [false, () => is.assertEquals<unknown>({ a: undefined }, {})],
    [false, () => is.assertEquals<unknown>([1], [1, 2])],
    [false, () => is.assertEquals<unknown>(new Date(0), {})],
    [true, () => is.assertNotEquals({ a: 1 }, { a: 2 })],
    [false, () => is.assertNotEquals({ a: 1 }, { a: 1 })],
  ]);
});

Deno.test("the other assertions, hold and fail", () => {
  expect([
    [false, () => is.assert(0)],
    [false, () => is.fail("x")],
    [true, () => is.assertStrictEquals(NaN, NaN)],
    [false, () => is.assertStrictEquals({}, {})],
    [true, () => is.assertExists(0)],
    [false, () => is.assertExists(null)],
    [true, () => is.assertMatch("abc", /b/)],
    [false, () => is.assertMatch("abc", /x/)],
    [false, () => is.assertStringIncludes("abc", "x")],
    [true, () => is.assertInstanceOf(new TypeError(), Error)],
    [false, () => is.assertInstanceOf({}, Error)],
    [true, () =>
      is.assertObjectMatch({ a: 1, b: [{ c: 2, d: 3 }] }, {
        b: [{ c: 2 }],
      })],
    [false, () => is.assertObjectMatch({ a: 1 }, { a: 2 })],
    [false, () => is.assertObjectMatch({}, { a: undefined })],
  ]);
});

Deno.test("assertThrows, assertRejects, give the error or fail", async () => {
  const boom = () => {
    throw new TypeError("boom");
  };
  expect([
    [true, () => is.assertThrows(boom)],
    [true, () => is.assertThrows(boom, TypeError, "oo")],
    [false, () => is.assertThrows(boom, RangeError)],
    [false, () => is.assertThrows(boom, TypeError, "x")],
    [false, () => is.assertThrows(() => 1)],
  ]);
  const reject = () => Promise.reject(new TypeError("boom"));
  is.assertEquals((await is.assertRejects(reject, TypeError)).message, "boom");
  for (
    const run of [
      () => is.assertRejects(reject, RangeError),
      () => is.assertRejects(() => Promise.resolve(1)),
    ]
  ) {
    is.assertInstanceOf(await run().catch((error) => error), is.AssertionError);
  }
});
