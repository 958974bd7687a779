/**
 * Stand-in for `jsr:@std/assert` over `node:assert`: the assertions that the
 * project uses, with the names and meanings of the real package.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert";
import { inspect, isDeepStrictEqual } from "node:util";

/** What every failed assertion throws. */
export class AssertionError extends Error {
  override name = "AssertionError";
}
// deno-lint-ignore no-explicit-any -- the signature of the real package
type Class<T> = abstract new (...args: any[]) => T;

const show = (value: unknown) => inspect(value, { depth: 6 });
const isPlain = (value: object) =>
  [null, Object.prototype].includes(Object.getPrototypeOf(value));

/** Compared as the real package does: no prototype is `Object`'s, -0 is 0. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === 0) return 0;
  if (typeof value !== "object" || !value || !isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [k, plain(v)]),
  );
}
/** What of `actual` the pattern `expected` speaks of. */
function picked(actual: unknown, expected: unknown): unknown {
  if (typeof expected !== "object" || !expected) return actual;
  if (typeof actual !== "object" || !actual) return actual;
  const [a, e] = [actual, expected] as Record<string, unknown>[];
  if (Array.isArray(a)) return a.map((item, i) => picked(item, e?.[i]));
  if (!isPlain(actual)) return actual;
  const names = Object.keys(expected).filter((name) => name in actual);
  return Object.fromEntries(names.map((n) => [n, picked(a?.[n], e?.[n])]));
}
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${msg ? `: ${msg}` : "."}`);
}
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}
export function assertEquals<T>(actual: T, expected: T, msg = ""): void {
  const [a, b] = [plain(actual), plain(expected)];
  if (isDeepStrictEqual(a, b)) return;
  try {
    deepStrictEqual(a, b);
  } catch (error) {
    throw new AssertionError(`${(error as Error).message} ${msg}`);
  }
}
export function assertNotEquals<T>(actual: T, expected: T, msg = ""): void {
  const same = isDeepStrictEqual(plain(actual), plain(expected));
  assert(!same, `Expected a value other than ${show(actual)} ${msg}`);
}
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg = "",
): asserts actual is T {
  const same = Object.is(actual, expected);
  assert(same, `${show(actual)} is not ${show(expected)} ${msg}`);
}
export function assertExists<T>(
  actual: T,
  msg = "",
): asserts actual is NonNullable<T> {
  const isThere = actual !== undefined && actual !== null;
  assert(isThere, msg || `Expected a value, got ${actual}`);
}
export function assertMatch(actual: string, expected: RegExp, msg = ""): void {
  assert(expected.test(actual), `${show(actual)} !~ ${expected} ${msg}`);
}
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg = "",
): void {
  const found = actual.includes(expected);
  assert(found, `${show(actual)} does not include ${show(expected)} ${msg}`);
}
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: Class<T>,
  msg = "",
): asserts actual is T {
  const isOne = actual instanceof expectedType;
  assert(isOne, `${show(actual)} is no ${expectedType.name} ${msg}`);
}
export function assertObjectMatch(
  actual: object,
  expected: Record<PropertyKey, unknown>,
  msg = "",
): void {
  assertEquals<unknown>(picked(actual, expected), expected, msg);
}
function checked<E>(error: unknown, type?: Class<E>, includes = ""): E {
  if (type) assertInstanceOf(error, type);
  if (type) assertStringIncludes((error as Error).message, includes);
  return error as E;
}
export function assertThrows<E = unknown>(
  fn: () => unknown,
  type?: Class<E>,
  msgIncludes?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checked(error, type, msgIncludes);
  }
  return fail("Expected function to throw");
}
export async function assertRejects<E = unknown>(
  fn: () => PromiseLike<unknown>,
  type?: Class<E>,
  msgIncludes?: string,
): Promise<E> {
  const promise = fn();
  try {
    await promise;
  } catch (error) {
    return checked(error, type, msgIncludes);
  }
  return fail("Expected function to reject");
}
