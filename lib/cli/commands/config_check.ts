import { SystemClock } from "../../base/mod.ts";
import { loadConfig } from "../../config/mod.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import { checkFiles } from "../../doctor/mod.ts";
import { painter } from "../style.ts";

/** `config check`: says what is wrong with the configuration, all at once. */
export const configCheck: Command = {
  name: "config check",
  summary: "Say what is wrong with the configuration, if anything",
  details:
    `Checks every key and how they fit together. Each error names file, line, key,
what was expected and the nearest known key. Then it reads the certificates, the
key and the token files that are configured, as the user who runs it. A node
that has not joined yet is fine if it has a token to join with.`,
  exitCodes: {
    0: "the configuration can be used",
    1: "it can, but a file that it names cannot",
    2: "wrong arguments, or the configuration cannot be used",
  },
  options: CONFIG_OPTIONS,
  examples: [
    ["config check --config /etc/metamanager/edge.yaml", "Check a file"],
    [
      "config check --set log.level=debug",
      "Check the defaults with one key changed",
    ],
  ],
  async run({ io, value, values }) {
    const file = value("config");
    const { config, notes } = await loadConfig({
      ...(file === undefined ? {} : { file }),
      sets: values("set"),
      hostname: io.hostname,
      env: (name) => io.env(name),
    });
    const paint = painter(io, "stdout");
    const found = checkFiles(config, new SystemClock().now());
    for (const note of [...notes, ...found.notes]) {
      io.stdout(`${paint("yellow", "note:")} ${note}\n`);
    }
    const name = file ?? "the default configuration";
    const { problems } = found;
    for (const { key, text } of problems) {
      io.stdout(`${paint("yellow", "warning:")} ${key}: ${text}\n`);
    }
    if (problems.length === 0) {
      io.stdout(`${paint("green", "ok:")} ${name}\n`);
      return ExitCode.ok;
    }
    const keys = problems.map(({ key }) => key).join(", ");
    io.stderr(
      `${painter(io, "stderr")("red", "error:")} ${name}: the configuration ` +
        `is well-formed, but what it names cannot be used: ${keys}\n`,
    );
    return ExitCode.failure;
  },
};
