import { getHeapStatistics } from "node:v8";
import manifest from "../../../deno.json" with { type: "json" };
import { sqliteVersion } from "../../store/mod.ts";
import { type Command, ExitCode } from "../command.ts";
import { readOutput } from "../output.ts";

/** `version`: of the program and of what it is built on. */
export const version: Command = {
  name: "version",
  summary: "Print the versions of the program, Deno, V8 and SQLite",
  options: [
    {
      name: "output",
      short: "o",
      value: "text|json",
      doc: "Shape of the output",
    },
  ],
  examples: [
    ["version", "For people"],
    ["version -o json", "For a script"],
  ],
  run({ io, value }) {
    const output = readOutput(value("output"), ["text", "json"]);
    const versions = {
      metamanager: manifest.version,
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      sqlite: sqliteVersion(),
      target: Deno.build.target,
      // Fixed when the binary was compiled: an operator cannot change it.
      heapLimitMiB: Math.round(
        getHeapStatistics().heap_size_limit / 1024 ** 2,
      ),
    };
    if (output === "json") {
      io.stdout(JSON.stringify(versions, null, 2) + "\n");
      return ExitCode.ok;
    }
    for (const [name, text] of Object.entries(versions)) {
      io.stdout(`${name.padEnd(13)}${text}\n`);
    }
    return ExitCode.ok;
  },
};
