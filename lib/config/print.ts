import type { Live } from "./key_spec.ts";
import type { EffectiveEntry } from "./load.ts";

/** Column of the notes about where a value comes from. */
const NOTE_COLUMN = 56;

/** What the note says of a key that can change while the node runs. */
const LIVE_NOTE: Readonly<Record<Live, string>> = {
  "at-once": ", live",
  "redial": ", live with a new dial",
  "restart": "",
};

/**
 * Writes what counts as YAML that can be used as edge.yaml; each key says in
 * a note where its value comes from, and whether a change of it counts while
 * the node runs (`metamanager reload`).
 */
export function printYaml(entries: readonly EffectiveEntry[]): string {
  const lines: string[] = [];
  let open: readonly string[] = [];
  for (const { key, text, source, live } of entries) {
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
    lines.push(`${line.padEnd(NOTE_COLUMN)} # ${source}${LIVE_NOTE[live]}`);
  }
  return lines.join("\n") + "\n";
}
