import { loadConfig } from "../../config/mod.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import { painter } from "../style.ts";

/** `config check`: says what is wrong with the configuration, all at once. */
export const configCheck: Command = {
  name: "config check",
  summary: "Say what is wrong with the configuration, if anything",
  details:
    `Checks every key and how they fit together. Each error names file, line, key,
what was expected and the nearest known key. Exit code 2 if there is any.`,
  options: CONFIG_OPTIONS,
  examples: [
    ["config check --config /etc/metamanager/edge.yaml", "Check a file"],
    [
      "config check --set edgehub.websocket.url=wss://cloud.example:10000",
      "Check the defaults with one key changed",
    ],
  ],
  async run({ io, value, values }) {
    const file = value("config");
    const { notes } = await loadConfig({
      ...(file === undefined ? {} : { file }),
      sets: values("set"),
      hostname: io.hostname,
    });
    const paint = painter(io, "stdout");
    for (const note of notes) {
      io.stdout(`${paint("yellow", "note:")} ${note}\n`);
    }
    io.stdout(
      `${paint("green", "ok:")} ${file ?? "the default configuration"}\n`,
    );
    return ExitCode.ok;
  },
};
