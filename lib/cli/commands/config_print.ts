import { loadConfig, printYaml } from "../../config/mod.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import { readOutput } from "../output.ts";

/** `config print`: what counts and where it comes from. */
export const configPrint: Command = {
  name: "config print",
  summary:
    "Print the configuration that counts and where each value comes from",
  details:
    `The output is a valid edge.yaml. With --default it is the commented one that
comes with the program, to start from. A change of what is marked live counts
with 'metamanager reload', of all else after a restart.`,
  options: [
    ...CONFIG_OPTIONS,
    { name: "default", doc: "Print the commented default configuration" },
    {
      name: "output",
      short: "o",
      value: "yaml|json",
      doc: "Shape of the output",
    },
  ],
  examples: [
    ["config print --default > edge.yaml", "Start a configuration"],
    ["config print --config edge.yaml", "Show what counts"],
    ["config print -c edge.yaml -o json", "The same for a script"],
  ],
  async run({ io, value, values, flag }) {
    const output = readOutput(value("output"), ["yaml", "json"]);
    if (flag("default")) {
      io.stdout(await io.defaultConfig());
      return ExitCode.ok;
    }
    const file = value("config");
    const { effective } = await loadConfig({
      ...(file === undefined ? {} : { file }),
      sets: values("set"),
      hostname: io.hostname,
      env: (name) => io.env(name),
    });
    const entries = effective();
    if (output === "json") {
      const byKey = entries.map(({ key, value, source, live }) => [
        key,
        { value, source, live },
      ]);
      io.stdout(JSON.stringify(Object.fromEntries(byKey), null, 2) + "\n");
    } else {
      io.stdout(printYaml(entries));
    }
    return ExitCode.ok;
  },
};
