import { SystemClock } from "../../base/mod.ts";
import { type DemoEvent, type DemoResult, runDemo } from "../../demo/mod.ts";
import { errorText, LOG_LEVELS, Logger } from "../../telemetry/mod.ts";
import {
  type Command,
  type CommandInput,
  ExitCode,
  UsageError,
} from "../command.ts";
import { eventJson, eventText, resultJson, resultText } from "../demo_view.ts";
import type { Io } from "../io.ts";
import { readOutput } from "../output.ts";
import { type EndSignal, SIGNALS, watchSignals } from "../signals.ts";
import { isColored, painter } from "../style.ts";

/** Largest `--limit`. */
const LIMIT_S_MAX = 3600;
/** How long cleaning up may take before the process ends all the same. */
const CLEAN_UP_MS_MAX = 5000;

const DEMO: Omit<Command, "run"> = {
  name: "demo",
  summary: "Run a cloud hub, a node and a pod agent, and show what flows where",
  details:
    `Runs all three in this process: a cloud hub behind TLS on a loopback port, with
certificates made on the spot, a node with its store in a temporary folder, and
a pod agent at the node's Unix socket. It drives the seven operations, an outage
and a restart, checks every step, and leaves nothing behind. The hub's times are
a tenth of CloudCore's, so that repeats and repairs can be seen; it asks for no
client certificate.`,
  exitCodes: { 0: "all steps held in time", 1: "a step did not hold" },
  options: [
    { name: "keep", doc: "Keep the folder, and print its path" },
    {
      name: "limit",
      value: "SECONDS",
      doc: "Exit with 1 at the step it is at after so long [20]",
    },
    {
      name: "log-level",
      value: LOG_LEVELS.join("|"),
      doc: "Write the node's log lines to standard error",
    },
    {
      name: "output",
      short: "o",
      value: "text|json",
      doc: "Shape of the output: a table, or a JSON object per line",
    },
  ],
  examples: [
    ["demo", "Show it"],
    ["demo --keep", "And look at the store afterwards"],
    [
      "demo --log-level debug 2>node.log",
      "With the node's log lines in a file",
    ],
    ["demo -o json", "For a script"],
  ],
};

/** `demo`: cloud, node and pod agent in one process, step by step. */
export const demo: Command = demoOf(runDemo);

/**
 * The command over a demonstration.
 *
 * @param demonstrate Runs it.
 */
export function demoOf(demonstrate: typeof runDemo): Command {
  return { ...DEMO, run: (input) => run(input, demonstrate) };
}

async function run(
  { io, flag, value }: CommandInput,
  demonstrate: typeof runDemo,
): Promise<number> {
  const output = readOutput(value("output"), ["text", "json"]);
  const log = loggerOf(io, value("log-level"));
  const limitMs = readLimit(value("limit"));
  const show = shower(io, output);
  let folder: string | undefined;
  const toRemove = () => flag("keep") ? undefined : folder;
  const stop = onSignals(io, toRemove);
  const late = new SystemClock().after(limitMs + CLEAN_UP_MS_MAX, () => {
    removeFolder(io, toRemove());
    io.stderr("Cleaning up takes too long, ended\n");
    Deno.exit(ExitCode.failure);
  });
  try {
    const result = await demonstrate({
      onEvent: show.event,
      signal: stop.signal,
      keep: flag("keep"),
      onFolder: (path) => folder = path,
      limitMs,
      ...(log ? { log } : {}),
    });
    show.result(result);
    return result.ok ? ExitCode.ok : ExitCode.failure;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    const { reason } = stop.signal;
    io.stderr(`Ended by ${reason}, everything is cleaned up\n`);
    return SIGNALS[reason as EndSignal];
  } finally {
    late.cancel();
    stop.end();
  }
}

/**
 * Milliseconds that it may take.
 *
 * @throws {UsageError} If that is no time.
 */
function readLimit(text = "20"): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds > 0 && seconds <= LIMIT_S_MAX) {
    return seconds * 1000;
  }
  throw new UsageError(
    `Option --limit expects seconds, ${LIMIT_S_MAX} at most, got: ${text}`,
  );
}

/**
 * The node's log, if it is wanted.
 *
 * @throws {UsageError} If there is no such level.
 */
function loggerOf(io: Io, level: string | undefined): Logger | undefined {
  if (level === undefined) return undefined;
  const known = LOG_LEVELS.find((candidate) => candidate === level);
  if (!known) {
    throw new UsageError(
      `Option --log-level expects ${LOG_LEVELS.join(" or ")}, got: ${level}`,
    );
  }
  return new Logger("node", {
    clock: new SystemClock(),
    level: known,
    color: isColored(io, "stderr"),
    sink: (line) => io.stderr(line),
  });
}

/** Writes events and the result in one of the two shapes. */
function shower(io: Io, output: "text" | "json"): {
  event: (event: DemoEvent) => void;
  result: (result: DemoResult) => void;
} {
  if (output === "json") {
    return {
      event: (event) => io.stdout(eventJson(event)),
      result: (result) => io.stdout(resultJson(result)),
    };
  }
  const paint = painter(io, "stdout");
  return {
    event: (event) => io.stdout(eventText(event, paint)),
    result: (result) => io.stdout(resultText(result, paint)),
  };
}

/**
 * The first signal ends the demonstration in good order, the second at once:
 * then all that is left to do is to remove its folder.
 */
function onSignals(io: Io, folder: () => string | undefined): {
  signal: AbortSignal;
  end: () => void;
} {
  const controller = new AbortController();
  const end = watchSignals({
    clock: new SystemClock(),
    onFirst: (signal) => controller.abort(signal),
    onSecond: (signal) => {
      removeFolder(io, folder());
      Deno.exit(SIGNALS[signal]);
    },
  });
  return { signal: controller.signal, end };
}

function removeFolder(io: Io, folder: string | undefined): void {
  if (folder === undefined) return;
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    io.stderr(`Cannot remove ${folder}: ${errorText(error)}\n`);
  }
}
