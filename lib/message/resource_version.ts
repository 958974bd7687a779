const DECIMAL_REGEXP = /^[0-9]+$/;
const UINT64_REGEXP = /^[0-9]{1,20}$/;
const UINT64_MAX = 2n ** 64n - 1n;

/** Whether a text is a resource version as CloudCore reads them: a uint64. */
export function isResourceVersion(text: string): boolean {
  return UINT64_REGEXP.test(text) &&
    (text.length < 20 || BigInt(text) <= UINT64_MAX);
}

/**
 * Compares resource versions as numbers: unsigned decimals of any length, as
 * text, since a uint64 does not fit a number. What is no decimal, the empty
 * version too, is the lowest.
 *
 * @returns Below 0 if `a` is lower, above 0 if it is higher.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = digits(a);
  const right = digits(b);
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

function digits(text: string): string {
  return DECIMAL_REGEXP.test(text) ? text.replace(/^0+(?=.)/, "") : "";
}
