import { SystemClock } from "../../base/mod.ts";
import {
  figuresOf,
  readStoreFile,
  type StoreFigures,
} from "../../store/mod.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import { configOf } from "../config_of.ts";
import { humanDuration } from "../get/human_duration.ts";
import { readOutput } from "../output.ts";
import { sizeText, textTable } from "../text_table.ts";

/** `store stats`: what the store holds and takes. */
export const storeStats: Command = {
  name: "store stats",
  summary: "Say what the store holds and how much it takes",
  details:
    `Reads all of the store's file, of a running node as well, and changes nothing.
Contents are not shown.`,
  options: [...CONFIG_OPTIONS, {
    name: "output",
    short: "o",
    value: "text|json|yaml",
    doc: "Shape of what is printed",
  }],
  examples: [
    ["store stats", "For people"],
    ["store stats -o json", "For programs"],
  ],
  async run(input) {
    const { io } = input;
    const shape = readOutput(input.value("output"), ["text", "json", "yaml"]);
    const { path } = (await configOf(input)).store;
    const figures = {
      path,
      ...await readStoreFile(path, (db) => figuresOf(db, path)),
    };
    if (shape === "json") {
      io.stdout(JSON.stringify(figures, undefined, 2) + "\n");
    } else if (shape === "yaml") {
      const { stringify } = await import("@std/yaml");
      io.stdout(stringify(figures));
    } else {
      io.stdout(textOf(figures, new SystemClock().now()));
    }
    return ExitCode.ok;
  },
};

type Shown = StoreFigures & { readonly path: string };

function textOf(figures: Shown, nowMs: number): string {
  const { pages, pageBytes, freePages, snapshotAtMs } = figures;
  const ago = (atMs: number) => `${humanDuration((nowMs - atMs) / 1000)} ago`;
  const snapshot = snapshotAtMs > 0
    ? `${sizeText(figures.snapshotBytes)}, ${ago(snapshotAtMs)}`
    : "none";
  const sent = figures.outbox.reduce((sum, { rows }) => sum + rows, 0);
  const oldest = figures.outboxOldestMs > 0
    ? `, the oldest stored ${ago(figures.outboxOldestMs)}`
    : "";
  const rows: readonly (readonly [string, string])[] = [
    ["file", `${figures.path}, schema ${figures.schema}`],
    ["node", figures.node || "none yet"],
    ["size", `${sizeText(figures.bytes)}, WAL ${sizeText(figures.walBytes)}`],
    [
      "pages",
      `${pages} of ${sizeText(pageBytes)}, ${freePages} free ` +
      `(${sizeText(freePages * pageBytes)})`,
    ],
    ["snapshot", snapshot],
    [
      "outbox",
      `${sent} not confirmed, ${figures.outboxParked} parked${oldest}`,
    ],
    ["tombstones", String(figures.tombstones)],
    ["positions", String(figures.positions)],
    ["synced", syncedText(figures.synced)],
    ["problem", figures.problem || "none"],
  ];
  const total = (
    of: keyof Pick<StoreFigures["objects"][number], "rows" | "bytes">,
  ) => figures.objects.reduce((sum, one) => sum + one[of], 0);
  const tables = [
    ...figures.objects.map(({ type, rows, bytes }) => [type, rows, bytes]),
    ["all objects", total("rows"), total("bytes")],
    ...figures.outbox.map((
      { type, rows, bytes },
    ) => [`outbox: ${type}`, rows, bytes]),
  ].map((
    [name, count, bytes],
  ) => [String(name), String(count), sizeText(Number(bytes))]);
  return rows.map(([name, text]) => `${name.padEnd(12)}${text}\n`).join("") +
    "\n" + textTable(["TYPE", "ROWS", "SIZE"], tables);
}

/** Kinds that have been in sync with the cloud; `*` stands for all. */
function syncedText(kinds: readonly string[]): string {
  if (kinds.includes("*")) return "all kinds";
  return kinds.join(", ") || "never";
}
