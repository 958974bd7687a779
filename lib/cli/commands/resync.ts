import { isRecord, sleep, SystemClock } from "../../base/mod.ts";
import { loadConfig } from "../../config/mod.ts";
import { askNode } from "../admin_client.ts";
import {
  type Command,
  CONFIG_OPTIONS,
  ExitCode,
  UsageError,
} from "../command.ts";
import { typesOf } from "../get/resource_types.ts";
import type { Io } from "../io.ts";
import { readOutput } from "../output.ts";
import { painter, type Style } from "../style.ts";
import { textTable } from "../text_table.ts";

/** How often the node is asked how far it is, in milliseconds. */
const LOOK_MS = 200;

const STYLES: Readonly<Record<string, Style>> = {
  added: "green",
  changed: "yellow",
  removed: "red",
};

/** `resync`: compares the store with the cloud. */
export const resync: Command = {
  name: "resync",
  summary: "Compare the store with the cloud, and bring it in line",
  details:
    `Has the running node ask the cloud for its pods and for all that they name, or
for one TYPE of that, and shows what differs, by resource version and without
contents. Nothing is changed without --apply. For a mere comparison CloudCore
needs DynamicController: without it an answer is a delivery, which the node has
to store, so objects are compared with --apply only, as they are taken in. What
is applied goes by the rules of every message: newer versions win, and what the
cloud does not have goes once it has said so twice, 10 s apart. Pods can be
listed with DynamicController only.`,
  words: "[TYPE]",
  exitCodes: {
    0: "nothing differs, or with --apply it was brought in line",
    1: "something differs, was not compared, or the cloud cannot be asked",
  },
  options: [
    ...CONFIG_OPTIONS,
    { name: "apply", doc: "Take in what the cloud answers" },
    {
      name: "output",
      short: "o",
      value: "text|json",
      doc: "Shape of what is printed",
    },
  ],
  examples: [
    ["resync --config /etc/metamanager/edge.yaml", "What differs"],
    ["resync configmap --apply", "Take in what the cloud has of one type"],
    ["resync -o json", "For programs"],
  ],
  async run({ io, words, flag, value, values }) {
    const shape = readOutput(value("output"), ["text", "json"]);
    const [type, ...more] = words;
    if (more.length > 0) {
      throw new UsageError(
        `Expected one type at most, got: ${words.join(" ")}`,
      );
    }
    const file = value("config");
    const { config } = await loadConfig({
      ...(file === undefined ? {} : { file }),
      sets: values("set"),
      hostname: io.hostname,
    });
    const { socket } = config.admin;
    // Short names and plurals, as get takes them.
    let page = await askNode(socket, "/resync", {
      apply: flag("apply"),
      ...(type === undefined ? {} : { type: typesOf(type, [])?.[0] ?? type }),
    });
    const clock = new SystemClock();
    while (isRecord(page) && page.state === "running") {
      await sleep(clock, LOOK_MS);
      page = await askNode(socket, "/resync");
    }
    if (shape === "json") {
      io.stdout(JSON.stringify(page, undefined, 2) + "\n");
    }
    const report = isRecord(page) && isRecord(page.report) ? page.report : {};
    if (isRecord(page) && page.state !== "done") {
      if (shape === "text") io.stderr(`Not finished: ${page.reason}\n`);
      return ExitCode.failure;
    }
    if (shape === "text") show(io, report);
    const isLacking = recordsOf(report.notCompared).length > 0;
    const isOff = !report.applied && recordsOf(report.differences).length > 0;
    return isLacking || isOff ? ExitCode.failure : ExitCode.ok;
  },
};

function show(io: Io, report: Readonly<Record<string, unknown>>): void {
  const paint = painter(io, "stdout");
  const differences = recordsOf(report.differences);
  if (differences.length > 0) {
    const rows = differences.map(({ kind, key, stored, cloud }) =>
      [kind, key, stored || "-", cloud || "-"].map(String)
    );
    const head = ["CHANGE", "KEY", "STORED", "CLOUD"];
    const [first = "", ...lines] = textTable(head, rows).trimEnd().split("\n");
    io.stdout(`${paint("bold", first)}\n`);
    for (const [i, line] of lines.entries()) {
      const kind = rows[i]?.[0] ?? "";
      const style = STYLES[kind] ?? "dim";
      io.stdout(`${paint(style, kind)}${line.slice(kind.length)}\n`);
    }
  }
  for (const { type, count, why } of recordsOf(report.notCompared)) {
    const many = Number(count) > 0 ? `${count} of ` : "";
    io.stdout(`${paint("yellow", "not compared:")} ${many}${type}: ${why}\n`);
  }
  for (const key of Array.isArray(report.absent) ? report.absent : []) {
    io.stdout(`note: named by a pod, and the cloud has none: ${key}\n`);
  }
  const count = differences.length;
  const same = `${report.same} ${report.same === 1 ? "is" : "are"} the same`;
  const isBlind = report.same === 0 &&
    recordsOf(report.notCompared).length > 0;
  if (count === 0 && isBlind) io.stdout("Nothing was compared\n");
  else if (count === 0) io.stdout(`Nothing differs, ${same}\n`);
  else if (report.applied) io.stdout(`${count} brought in line, ${same}\n`);
  else {
    io.stdout(
      `${count} ${count === 1 ? "differs" : "differ"}, ${same}; --apply ` +
        "brings the store in line\n",
    );
  }
}

function recordsOf(list: unknown): Record<string, unknown>[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
