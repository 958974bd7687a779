import { isRecord, SystemClock } from "../../base/mod.ts";
import { loadConfig, readDuration } from "../../config/mod.ts";
import { askNode, lookAtNode } from "../admin_client.ts";
import {
  type Command,
  type CommandInput,
  CONFIG_OPTIONS,
  ExitCode,
  UsageError,
} from "../command.ts";
import type { Io } from "../io.ts";
import { readOutput } from "../output.ts";
import { statusText } from "../status_view.ts";
import { painter } from "../style.ts";
import { untilEnded } from "../until_ended.ts";
import { watch } from "../watch.ts";

type Shape = "text" | "json" | "yaml";

/** `status`: how the running node does. */
export const status: Command = {
  name: "status",
  summary: "Say how the running node does",
  details:
    `Asks through the node's admin socket: the cloud link, the certificate, agents,
store and outbox, what flows (over the last 10 s), and each check with its
reason. It shows no contents. With --watch it goes on until Ctrl-C, also while
the node restarts, and the exit code is 0; in a pipe or file that no node runs
is told once, on standard error.`,
  exitCodes: {
    0: "no check has failed; a node that lost its cloud is degraded, which is 0",
    1: "no node runs, or a check has failed",
  },
  options: [
    ...CONFIG_OPTIONS,
    { name: "watch", short: "w", doc: "Go on and show it anew" },
    {
      name: "interval",
      value: "TIME",
      doc: "With --watch: how often, such as 500ms or 5s; 2s if not given",
    },
    {
      name: "output",
      short: "o",
      value: "text|json|yaml",
      doc: "Shape of what is printed; json and yaml have more",
    },
  ],
  examples: [
    ["status --config /etc/metamanager/edge.yaml", "For people"],
    ["status --watch", "The same, anew every two seconds"],
    ["status -o json", "For programs"],
    ["status --watch --interval 10s -o json >> log", "A line every 10 s"],
  ],
  async run(input) {
    const { io, flag, value, values } = input;
    const shape: Shape = readOutput(value("output"), ["text", "json", "yaml"]);
    const intervalMs = readInterval(input);
    const file = value("config");
    const { config } = await loadConfig({
      ...(file === undefined ? {} : { file }),
      sets: values("set"),
      hostname: io.hostname,
    });
    const { socket } = config.admin;
    if (flag("watch")) return await follow(io, { socket, shape, intervalMs });
    const answer = await askNode(socket, "/status");
    io.stdout(await textOf(answer, io, { shape }));
    const page = isRecord(answer) ? answer : {};
    const health = isRecord(page.health) ? page.health : {};
    return health.state === "failed" ? ExitCode.failure : ExitCode.ok;
  },
};

/** Shortest interval, so that watching costs the node little. */
const INTERVAL_S_MIN = 0.1;
/** Longest interval: a timer holds no more. */
const INTERVAL_S_MAX = 24 * 3600;

/**
 * Milliseconds between two looks.
 *
 * @throws {UsageError} If that is no time, or nothing is watched.
 */
function readInterval({ flag, value }: CommandInput): number {
  const text = value("interval");
  if (text === undefined) return 2000;
  if (!flag("watch")) throw new UsageError("Option --interval needs --watch");
  const seconds = readDuration(text);
  if (
    seconds !== undefined && seconds >= INTERVAL_S_MIN &&
    seconds <= INTERVAL_S_MAX
  ) return seconds * 1000;
  throw new UsageError(
    `Option --interval expects a time from 100ms to 24h, got: ${text}`,
  );
}

async function follow(
  io: Io,
  { socket, shape, intervalMs }: {
    readonly socket: string;
    readonly shape: Shape;
    readonly intervalMs: number;
  },
): Promise<number> {
  using ended = untilEnded(io);
  const show = async (signal: AbortSignal) => {
    const answer = await lookAtNode(socket, "/status", { signal });
    const isLine = shape === "json" && !io.isTerminal.stdout;
    return isLine
      ? JSON.stringify(answer) + "\n"
      : await textOf(answer, io, { shape });
  };
  const separator = { text: "\n", json: "", yaml: "---\n" }[shape];
  await watch(io, {
    show,
    intervalMs,
    separator,
    signal: ended.signal,
    clock: new SystemClock(),
  });
  return ExitCode.ok;
}

async function textOf(
  answer: unknown,
  io: Io,
  { shape }: { readonly shape: Shape },
): Promise<string> {
  if (shape === "json") return JSON.stringify(answer, undefined, 2) + "\n";
  if (shape === "yaml") {
    const { stringify } = await import("@std/yaml");
    return stringify(answer);
  }
  return statusText(isRecord(answer) ? answer : {}, {
    paint: painter(io, "stdout"),
    nowMs: new SystemClock().now(),
  });
}
