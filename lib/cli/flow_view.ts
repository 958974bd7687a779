import { isRecord } from "../base/mod.ts";
import type { Paint } from "./style.ts";
import { plainText, sizeText, textTable } from "./text_table.ts";

const HEAD = [
  "TIME",
  "FLOW",
  "OPERATION",
  "RESOURCE",
  "SIZE",
  "LATENCY",
  "OUTCOME",
];

/** Widths of the columns where lines come one by one. */
const WIDTHS = [12, 16, 11, 44, 9, 9, 0];

type Fields = Readonly<Record<string, unknown>>;

/** Messages as a table for people. */
export function flowTable(messages: readonly Fields[]): string {
  return textTable(HEAD, messages.map(cellsOf));
}

/** The head of lines that come one by one. */
export function flowHead(paint: Paint): string {
  return paint("bold", lineOf(HEAD).trimEnd()) + "\n";
}

/** One line of `/messages?follow` for people. */
export function flowLine(line: string, paint: Paint): string {
  const fields: unknown = JSON.parse(line);
  if (!isRecord(fields)) return "";
  if (typeof fields.dropped === "number") {
    return paint("yellow", `... ${fields.dropped} not shown: too many`) + "\n";
  }
  const cells = cellsOf(fields);
  const outcome = cells.pop() ?? "";
  const content = typeof fields.content === "string"
    ? `  ${paint("dim", plain(fields.content))}\n`
    : "";
  return lineOf(cells) + "  " + paintOutcome(outcome, paint) + "\n" + content;
}

function paintOutcome(outcome: string, paint: Paint): string {
  if (/^(?:error|failed|refused)/.test(outcome)) return paint("red", outcome);
  return outcome === "sent" ? paint("dim", outcome) : outcome;
}

function cellsOf(fields: Fields): string[] {
  const { bytes, latencyMs } = fields;
  const time = new Date(String(fields.time));
  return [
    Number.isNaN(time.getTime()) ? "" : time.toISOString().slice(11, 23),
    `${fields.from} -> ${fields.to}`,
    String(fields.operation),
    String(fields.resource),
    typeof bytes === "number" ? sizeText(bytes) : "-",
    typeof latencyMs === "number" ? latencyText(latencyMs) : "-",
    String(fields.outcome),
  ].map(plain);
}

function lineOf(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0)).join("  ");
}

function latencyText(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

/** A name with a line break in it is one line all the same. */
function plain(text: string): string {
  return plainText(text).replaceAll("\n", "\ufffd");
}
