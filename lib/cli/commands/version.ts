import { type Command, ExitCode } from "../command.ts";
import { readOutput } from "../output.ts";
import { versions } from "../versions.ts";

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
    const all = versions();
    if (output === "json") {
      io.stdout(JSON.stringify(all, null, 2) + "\n");
      return ExitCode.ok;
    }
    for (const [name, text] of Object.entries(all)) {
      io.stdout(`${name.padEnd(13)}${text}\n`);
    }
    return ExitCode.ok;
  },
};
