const QUOTE = 0x22;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;

/**
 * Tells whether a JSON text may hold more values than a bound, before it is
 * parsed: `[]` is three characters with its comma and takes some 40 bytes, so
 * 32 MiB of it would end the process. Counts what each value begins behind or
 * with; an empty array or object counts twice. A text that is no JSON may get
 * any answer.
 *
 * @param text JSON.
 * @param valuesMax The bound.
 */
export function mayHoldMoreValues(text: string, valuesMax: number): boolean {
  // The shortest value takes a character, and one to set it apart.
  if (text.length <= 2 * valuesMax) return false;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = closingQuote(text, at);
    } else if (unit === COMMA || unit === BRACKET || unit === BRACE) {
      if (++values > valuesMax) return true;
    }
  }
  return false;
}

/** Where the string ends that begins at `start`; behind the text if it does not. */
function closingQuote(text: string, start: number): number {
  for (let at = start;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
}
