import { isRecord } from "../../base/mod.ts";
import { loadConfig } from "../../config/mod.ts";
import { askNode } from "../admin_client.ts";
import { listenToNode } from "../admin_stream.ts";
import {
  type Command,
  type CommandInput,
  CONFIG_OPTIONS,
  ExitCode,
  UsageError,
} from "../command.ts";
import { flowHead, flowLine, flowTable } from "../flow_view.ts";
import { readOutput } from "../output.ts";
import { painter } from "../style.ts";
import { untilEnded } from "../until_ended.ts";

/** `messages`: what flows through the running node. */
export const messages: Command = {
  name: "messages",
  summary: "Show what flows through the running node",
  details:
    `The node remembers the headers of the last messages, in memory. Latency is the
time from a message's arrival until its outcome had left, after COMMIT; of one
that leaves, since what it answers or passes on came. With --follow it goes on
until Ctrl-C. Contents are kept only while somebody follows with --content, and
never those of secrets and tokens; other secrets in them are masked.`,
  options: [
    ...CONFIG_OPTIONS,
    { name: "follow", short: "f", doc: "Go on with what flows from now on" },
    {
      name: "resource",
      short: "r",
      value: "PATTERN",
      doc: "Only of this resource; * stands for any text",
    },
    {
      name: "operation",
      value: "NAME,...",
      doc: "Only these operations: insert, update, delete, query, ...",
    },
    {
      name: "since",
      value: "AGE|TIME",
      doc: "Only younger ones, such as 5m; with --follow: these first",
    },
    { name: "content", doc: "With --follow: show what they say, masked" },
    {
      name: "output",
      short: "o",
      value: "text|json",
      doc: "Shape of what is printed; json is a line per message",
    },
  ],
  examples: [
    ["messages --since 5m", "The last five minutes"],
    ["messages --follow --resource 'default/pod/*'", "Pods, as they come"],
    ["messages -f --operation update -o json | jq .outcome", "For programs"],
  ],
  async run(input) {
    const { io, flag, value, values } = input;
    const shape = readOutput(value("output"), ["text", "json"]);
    const path = pathOf(input);
    const file = value("config");
    const { config } = await loadConfig({
      ...(file === undefined ? {} : { file }),
      sets: values("set"),
      hostname: io.hostname,
    });
    if (flag("follow")) {
      return await follow(input, { socket: config.admin.socket, path, shape });
    }
    const answer = await askNode(config.admin.socket, path);
    const list = isRecord(answer) && Array.isArray(answer.messages)
      ? answer.messages.filter(isRecord)
      : [];
    if (shape === "json") {
      for (const message of list) io.stdout(JSON.stringify(message) + "\n");
    } else {
      io.stdout(
        list.length > 0 ? flowTable(list) : "No such message has flowed\n",
      );
    }
    return ExitCode.ok;
  },
};

/** @throws {UsageError} If options do not go together. */
function pathOf({ flag, value }: CommandInput): string {
  if (flag("content") && !flag("follow")) {
    throw new UsageError("Option --content needs --follow: none was kept");
  }
  const parameters = new URLSearchParams();
  for (const name of ["resource", "operation", "since"]) {
    const text = value(name);
    if (text !== undefined) parameters.set(name, text);
  }
  for (const name of ["follow", "content"]) {
    if (flag(name)) parameters.set(name, "true");
  }
  const query = parameters.toString();
  return `/messages${query ? `?${query}` : ""}`;
}

async function follow(
  { io }: CommandInput,
  { socket, path, shape }: {
    readonly socket: string;
    readonly path: string;
    readonly shape: "text" | "json";
  },
): Promise<number> {
  const paint = painter(io, "stdout");
  using ended = untilEnded(io);
  const lines = listenToNode(socket, path, {
    signal: ended.signal,
    onOpen: () => io.stdout(shape === "text" ? flowHead(paint) : ""),
  });
  for await (const line of lines) {
    io.stdout(shape === "json" ? line + "\n" : flowLine(line, paint));
  }
  if (ended.signal.aborted) return ExitCode.ok;
  io.stderr("The node has stopped\n");
  return ExitCode.failure;
}
