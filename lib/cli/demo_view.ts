import type { DemoEvent, DemoResult } from "../demo/mod.ts";
import type { Paint } from "./style.ts";

/** Widths of the columns. */
const WIDTH = { time: 6, step: 5, party: 5, operation: 9, resource: 30 };

/** One event as lines for people. */
export function eventText(event: DemoEvent, paint: Paint): string {
  if (event.kind === "act") {
    return `\n${paint("bold", `${event.act}  ${event.title}`)}\n`;
  }
  const { from, to, operation, resource } = event;
  const line = [
    paint("dim", seconds(event.atMs).padStart(WIDTH.time)),
    event.step.padStart(WIDTH.step),
    "",
    `${paint("cyan", from.padEnd(WIDTH.party))} -> ${
      paint("cyan", to.padEnd(WIDTH.party))
    }`,
    "",
    paint("yellow", operation.padEnd(WIDTH.operation)),
    resource.padEnd(WIDTH.resource),
  ].join(" ");
  if (event.kind === "step") {
    return `${line} ${paint("green", event.result)}\n`;
  }
  const indent = " ".repeat(WIDTH.time + WIDTH.step + 3);
  const more = (text: string) => text.replaceAll("\n", `\n${indent}          `);
  return `${line} ${paint("red", "FAILED")}
${indent}expected  ${more(event.expected)}
${indent}came      ${more(event.came)}
`;
}

/** One event as a line of JSON; times are whole milliseconds. */
export function eventJson(event: DemoEvent): string {
  return JSON.stringify({ ...event, atMs: Math.round(event.atMs) }) + "\n";
}

/** How it went, for people. */
export function resultText(result: DemoResult, paint: Paint): string {
  const { ok, steps, elapsedMs, folder } = result;
  const verdict = ok
    ? paint("green", `All ${steps} steps held`)
    : paint("red", `A step failed, after ${steps} that held`);
  const kept = folder === undefined ? "" : `Kept: ${folder}\n`;
  return `\n${verdict} in ${seconds(elapsedMs)}\n${kept}`;
}

/** How it went, as a line of JSON. */
export function resultJson(result: DemoResult): string {
  const elapsedMs = Math.round(result.elapsedMs);
  return JSON.stringify({ kind: "result", ...result, elapsedMs }) + "\n";
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)}s`;
}
