const DECIMAL_REGEXP = /^[0-9]+$/;

/**
 * Compares resource versions: unsigned decimals of any length, as text,
 * since a uint64 does not fit a number. What is no decimal counts as lowest.
 *
 * @returns Below 0 if `a` is lower, above 0 if it is higher.
 */
export function compareVersions(a: string, b: string): number {
  const left = digits(a);
  const right = digits(b);
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

function digits(text: string): string {
  return DECIMAL_REGEXP.test(text) ? text.replace(/^0+(?=.)/, "") : "";
}
