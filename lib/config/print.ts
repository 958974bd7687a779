import type { EffectiveEntry } from "./load.ts";

/** Column of the notes about where a value comes from. */
const NOTE_COLUMN = 56;

/**
 * Writes what counts as YAML that can be used as edge.yaml; each key says in
 * a note where its value comes from.
 */
export function printYaml(entries: readonly EffectiveEntry[]): string {
  const lines: string[] = [];
  let open: readonly string[] = [];
  for (const { key, text, source } of entries) {
    const path = key.split(".");
    const sections = path.slice(0, -1);
    let shared = 0;
    while (shared < sections.length && sections[shared] === open[shared]) {
      shared++;
    }
    for (const [i, section] of sections.slice(shared).entries()) {
      lines.push(`${"  ".repeat(shared + i)}${section}:`);
    }
    open = sections;
    const line = `${"  ".repeat(sections.length)}${path.at(-1)}: ${text}`;
    lines.push(`${line.padEnd(NOTE_COLUMN)} # ${source}`);
  }
  return lines.join("\n") + "\n";
}
