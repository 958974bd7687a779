import { isRecord } from "../../base/mod.ts";
import { printable } from "../text_table.ts";

/** A part of a description: a line, or a heading with parts below it. */
export type Part =
  | readonly [name: string, value: string]
  | readonly [name: string, parts: readonly Part[]];

/** Least width of the names of one level. */
const NAME_WIDTH_MIN = 12;

/**
 * Lines of `Name:  value`, the values of one level below each other, headings
 * with what belongs to them further in, as `kubectl describe` has it.
 */
export function describeText(parts: readonly Part[], indent = ""): string {
  const shown = parts.map(([name, value]) =>
    [
      name,
      value.length === 0 && typeof value !== "string" ? "<none>" : value,
    ] as const
  );
  const width = Math.max(
    NAME_WIDTH_MIN,
    ...shown.map(([name, value]) =>
      typeof value === "string" ? name.length + 1 : 0
    ),
  );
  return shown.map(([name, value]) => {
    if (typeof value !== "string") {
      return `${indent}${name}:\n${describeText(value, indent + "  ")}`;
    }
    const start = `${indent}${`${name}:`.padEnd(width)}  `;
    const [first = "", ...more] = value.split("\n").map(printable);
    const rest = more.map((line) => " ".repeat(start.length) + line + "\n");
    return (start + first).trimEnd() + "\n" + rest.join("");
  }).join("");
}

/** Labels or annotations: one on the line, the others below it. */
export function pairsText(pairs: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(pairs).sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, value]) => `${key}=${value}`);
  return lines.join("\n") || "<none>";
}

/**
 * Any value as parts, for kinds that nobody describes by hand: lists are
 * numbered.
 */
export function partsOf(value: unknown): Part[] {
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((one, i) => [String(i), one])
    : isRecord(value)
    ? Object.entries(value)
    : [["Value", value]];
  return entries.map(([name, one]) => {
    const title = titleOf(name);
    if (Array.isArray(one) || isRecord(one)) return [title, partsOf(one)];
    return [title, String(one)];
  });
}

/** `spec` -> `Spec`, `podIP` -> `Pod IP`: kubectl's way with unknown fields. */
function titleOf(name: string): string {
  if (!/^[a-z][A-Za-z0-9]*$/.test(name)) return name;
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
