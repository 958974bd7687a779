import { EdgeNode } from "../../app/mod.ts";
import { type Clock, SystemClock } from "../../base/mod.ts";
import { loadConfig } from "../../config/mod.ts";
import { errorText, type Logger } from "../../telemetry/mod.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import { readLogLevel } from "../log_level.ts";
import { nodeLog } from "../node_log.ts";
import { SIGNALS, watchSignals } from "../signals.ts";

/** How long a stop may take before the process ends all the same. */
const STOP_MS_MAX = 4500;

/** `run`: the node itself, until a signal ends it. */
export const run: Command = {
  name: "run",
  summary: "Run the node",
  details:
    `Runs until SIGTERM, SIGINT or SIGHUP: then it takes nothing new in, finishes
what it took, and exits with 0 within 5 s; a second signal ends it at once.
SIGUSR1 and SIGUSR2 ask for a fresh link to the cloud: one that is down is
dialled now. Log lines go to standard error.
Without edgehub.websocket.url it runs as a standalone node.`,
  options: [...CONFIG_OPTIONS, {
    name: "log-level",
    value: "LEVEL",
    doc: "Least severe lines that are written, in place of log.level",
  }],
  examples: [
    ["run --config /etc/metamanager/edge.yaml", "Run with a file"],
    [
      "run --set store.path=/tmp/mm/store.db --set edged.socket=/tmp/mm/edged.sock " +
      "--set admin.socket=/tmp/mm/admin.sock",
      "Run a standalone node in a folder of its own",
    ],
  ],
  async run({ io, value, values }) {
    const file = value("config");
    const level = value("log-level");
    const { config, notes } = await loadConfig({
      ...(file === undefined ? {} : { file }),
      sets: [
        ...values("set"),
        ...(level === undefined
          ? []
          : [`log.level=${readLogLevel(level, "Option --log-level")}`]),
      ],
      hostname: io.hostname,
      env: (name) => io.env(name),
    });
    const clock = new SystemClock();
    const log = nodeLog(io, clock, config.log);
    const stopped = onSignals(log, clock);
    keepAlive(log);
    const node = new EdgeNode(config, { log });
    // Before the start, which may take a while: unheard, they end the process.
    for (const signal of ["SIGUSR1", "SIGUSR2"] as const) {
      Deno.addSignalListener(signal, () => node.reconnect());
    }
    for (const note of notes) log.warn(note);
    await node.start();
    const signal = await stopped;
    log.info("stopping", { signal });
    const late = clock.after(STOP_MS_MAX, () => {
      log.error("stop takes too long, what is stored is safe");
      Deno.exit(ExitCode.failure);
    });
    await node.stop();
    late.cancel();
    return ExitCode.ok;
  },
};

/** Resolves with the first signal that asks to end; the second one ends. */
function onSignals(log: Logger, clock: Clock): Promise<string> {
  const first = Promise.withResolvers<string>();
  watchSignals({
    clock,
    onFirst: first.resolve,
    onSecond: (signal) => {
      log.warn("second signal, ending at once", { signal });
      Deno.exit(SIGNALS[signal]);
    },
  });
  return first.promise;
}

/** No outside event may end the process (failures.md K5): told, not obeyed. */
function keepAlive(log: Logger): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("unhandled rejection", { error: errorText(event.reason) });
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    log.error("uncaught error", { error: errorText(event.error) });
  });
}
