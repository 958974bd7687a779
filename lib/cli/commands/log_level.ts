import { isRecord } from "../../base/mod.ts";
import { loadConfig, readDuration } from "../../config/mod.ts";
import { askNode } from "../admin_client.ts";
import {
  type Command,
  type CommandInput,
  CONFIG_OPTIONS,
  ExitCode,
  UsageError,
} from "../command.ts";
import { readLogLevel } from "../log_level.ts";
import { readOutput } from "../output.ts";
import { textTable } from "../text_table.ts";

/** `log-level`: what the running node logs. */
export const logLevel: Command = {
  name: "log-level",
  summary: "Show or change what the running node logs",
  details:
    `LEVEL is error, warn, info or debug, and counts for all components that have
no level of their own, or for one, until the node restarts or for a while;
default is that of log.level, and for a component that of all.`,
  words: "[LEVEL]",
  options: [...CONFIG_OPTIONS, {
    name: "component",
    value: "NAME",
    doc: "Only what this component logs, for example edgehub",
  }, {
    name: "for",
    value: "DURATION",
    doc: "Go back to the level before after this time, for example 10m",
  }, {
    name: "output",
    short: "o",
    value: "text|json",
    doc: "Shape of what is printed",
  }],
  examples: [
    ["log-level", "What is logged now"],
    ["log-level debug --for 10m", "Everything, for ten minutes"],
    ["log-level debug --component edgehub --for 1h", "Of the cloud link only"],
    ["log-level default", "As the node was started"],
  ],
  async run(input) {
    const { io, value, values } = input;
    const shape = readOutput(value("output"), ["text", "json"]);
    const order = readOrder(input);
    const file = value("config");
    const { config } = await loadConfig({
      ...(file === undefined ? {} : { file }),
      sets: values("set"),
      hostname: io.hostname,
    });
    const answer = await askNode(config.admin.socket, "/log-level", order);
    io.stdout(
      shape === "json"
        ? JSON.stringify(answer, undefined, 2) + "\n"
        : reportText(answer),
    );
    return ExitCode.ok;
  },
};

/** @throws {UsageError} If the words and options do not go together. */
function readOrder({ words, value }: CommandInput): unknown {
  const [word, ...more] = words;
  if (more.length > 0) throw new UsageError(`Unexpected argument: ${more[0]}`);
  const component = value("component");
  const time = value("for");
  if (word === undefined) {
    if (component === undefined && time === undefined) return undefined;
    throw new UsageError("Expected a level: error, warn, info or debug");
  }
  const forSeconds = time === undefined ? undefined : readDuration(time);
  if (time !== undefined && !forSeconds) {
    throw new UsageError(
      `Option --for expects a duration like 10m, got: ${time}`,
    );
  }
  return {
    level: word === "default" ? word : readLogLevel(word, "Argument"),
    ...(component === undefined ? {} : { component }),
    ...(forSeconds === undefined ? {} : { forSeconds }),
  };
}

function reportText(answer: unknown): string {
  const report = isRecord(answer) ? answer : {};
  const components = isRecord(report.components) ? report.components : {};
  const rows = [["all others", report], ...Object.entries(components)] as const;
  return textTable(
    ["COMPONENT", "LEVEL", "UNTIL"],
    rows.map(([name, change]) => {
      const { level, until } = isRecord(change) ? change : {};
      const word = name === "all others" && rows.length === 1 ? "all" : name;
      return [word, String(level), String(until ?? "restart")];
    }),
  );
}
