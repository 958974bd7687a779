import {
  checkDatabase,
  type CheckReport,
  readStoreFile,
} from "../../store/mod.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import { configOf } from "../config_of.ts";
import { readOutput } from "../output.ts";
import { ProgressBar } from "../progress_bar.ts";
import { painter } from "../style.ts";
import { objectsText } from "../text_table.ts";

/** `store check`: whether a store is whole. */
export const storeCheck: Command = {
  name: "store check",
  summary: "Check whether the store is whole",
  details:
    `Reads all of it, of a running node as well, and changes nothing: SQLite's pages
and indexes, each object against its checksum, and what the node relies on.
Exit code 0 if it is whole, 1 if it is damaged or cannot be read.`,
  options: [...CONFIG_OPTIONS, {
    name: "output",
    short: "o",
    value: "text|json",
    doc: "Shape of what is printed",
  }],
  examples: [
    ["store check --config /etc/metamanager/edge.yaml", "Check it"],
  ],
  async run(input) {
    const { io } = input;
    const shape = readOutput(input.value("output"), ["text", "json"]);
    const { path } = (await configOf(input)).store;
    using bar = new ProgressBar(io);
    const report = await readStoreFile(
      path,
      (db) => checkDatabase(db, (done, what) => bar.show(done, what)),
    );
    bar[Symbol.dispose]();
    const isOk = report.badCount === 0 && report.problems.length === 0;
    const verdict = isOk ? "ok" : "damaged";
    if (shape === "json") {
      const text = JSON.stringify({ path, verdict, ...report }, undefined, 2);
      io.stdout(text + "\n");
    } else {
      const paint = painter(io, "stdout");
      io.stdout(
        `${paint(isOk ? "green" : "red", verdict)}: ${
          summary(report)
        }: ${path}\n`,
      );
      for (const line of linesOf(report)) io.stdout(`  ${line}\n`);
    }
    if (!isOk) {
      const hint =
        "metamanager store restore FILE puts a backup in its place; " +
        "without one, start the node: it keeps the damaged file aside and " +
        "salvages what can be read";
      io.stderr(`${painter(io, "stderr")("yellow", "hint:")} ${hint}\n`);
    }
    return isOk ? ExitCode.ok : ExitCode.failure;
  },
};

function summary({ objects, badCount, problems }: CheckReport): string {
  if (badCount > 0) return `${badCount} of ${objects} objects are lost`;
  return problems.length > 0
    ? `${objectsText(objects)} can be read`
    : objectsText(objects);
}

function linesOf({ bad, badCount, problems, note }: CheckReport): string[] {
  const more = badCount - bad.length;
  return [
    ...problems,
    ...bad.map(({ key, reason }) => key ? `${key}: ${reason}` : reason),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(note ? [`note: ${note}`] : []),
  ];
}
