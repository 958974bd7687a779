/**
 * Lines of columns, each as wide as its longest cell, two spaces apart.
 *
 * @param head Names of the columns.
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, ...rows];
  return tableLines(lines, columnWidths(lines), "  ");
}

/**
 * Widths of the columns of some lines.
 *
 * @param least Widths that they have at least.
 */
export function columnWidths(
  lines: readonly (readonly string[])[],
  least: readonly number[] = [],
): number[] {
  const widths = [...least];
  for (const line of lines) {
    for (const [i, cell] of line.entries()) {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    }
  }
  return widths;
}

/** Lines of columns of these widths. @param gap What stands between them. */
export function tableLines(
  lines: readonly (readonly string[])[],
  widths: readonly number[],
  gap: string,
): string {
  return lines.map((line) =>
    line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(gap).trimEnd() +
    "\n"
  ).join("");
}

// deno-lint-ignore no-control-regex -- control characters are what it finds
const CONTROL_REGEXP = /[\u0000-\u001f\u007f-\u009f]/g;

/** Text of others without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(CONTROL_REGEXP, "?");
}

/** A peer chooses names: none may steer the terminal. Lines stay. */
export function plainText(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex -- control characters are what it finds
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/g,
    "\ufffd",
  );
}

/** Units of an age, with their seconds. */
const AGE_UNITS = [["d", 86_400], ["h", 3600], ["m", 60]] as const;

/** An age as kubectl writes it: its largest whole unit. */
export function ageText(seconds: number): string {
  for (const [unit, length] of AGE_UNITS) {
    if (seconds >= length) return `${Math.floor(seconds / length)}${unit}`;
  }
  return `${Math.max(0, Math.floor(seconds))}s`;
}

/** A size in bytes, KiB or MiB. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** `1 object`, `2 objects`. */
export function objectsText(count: number): string {
  return count === 1 ? "1 object" : `${count} objects`;
}
