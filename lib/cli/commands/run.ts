import process from "node:process";
import { EdgeNode } from "../../app/mod.ts";
import { type Clock, SystemClock } from "../../base/mod.ts";
import { loadConfig } from "../../config/mod.ts";
import { errorText, type Logger } from "../../telemetry/mod.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import { garbageCollector, IdleMemory } from "../idle_memory.ts";
import { readLogLevel } from "../log_level.ts";
import { nodeLog } from "../node_log.ts";
import { Reloader } from "../reload.ts";
import { runFolder, ServiceManager } from "../service_manager.ts";
import { SIGNALS, watchSignals } from "../signals.ts";

/** The configuration's key behind `--log-level`. @throws {UsageError} */
function levelOf(level: string | undefined): string[] {
  if (level === undefined) return [];
  return [`log.level=${readLogLevel(level, "Option --log-level")}`];
}

/** How long a stop may take before the process ends all the same. */
const STOP_MS_MAX = 4500;

/** `run`: the node itself, until a signal ends it. */
export const run: Command = {
  name: "run",
  summary: "Run the node",
  details:
    `Runs until SIGTERM or SIGINT: then it takes nothing new in, finishes what it
took, and exits with 0 within 5 s; a second signal ends it at once. SIGHUP has
it read its configuration again, as 'metamanager reload' does.
SIGUSR1 and SIGUSR2 ask for a fresh link to the cloud: one that is down is
dialled now. Log lines go to standard error.
Without edgehub.websocket.url it runs as a standalone node.`,
  exitCodes: {
    0: "it was ended by a signal, in good order",
    1: "it could not start, or did not end in good order",
    130: "or 143: ended at once by a second SIGINT, SIGTERM",
  },
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
    const env = (name: string) => io.env(name);
    const load = () =>
      loadConfig({
        ...(file === undefined ? {} : { file }),
        sets: [...values("set"), ...levelOf(value("log-level"))],
        hostname: io.hostname,
        env,
      });
    const loaded = await load();
    const { config, notes } = loaded;
    const clock = new SystemClock();
    const log = nodeLog(io, clock, config.log);
    const stopped = onSignals(log, clock);
    keepAlive(log);
    const serving = Promise.withResolvers<void>();
    const node: EdgeNode = new EdgeNode(config, {
      log,
      actions: { "/reload": () => reloader.reload() },
    });
    const manager = new ServiceManager({
      env,
      clock,
      log,
      health: () => node.health.report(),
      folder: runFolder(config),
      pid: Deno.pid,
    });
    const reloader = new Reloader(loaded, {
      load,
      env,
      reconfigure: (...change) => node.reconfigure(...change),
      manager,
      serving: serving.promise,
      log: log.child("config"),
    });
    onRequests(node, reloader);
    for (const note of notes) log.warn(note);
    await node.start();
    await manager.ready();
    serving.resolve();
    const memory = idleMemory(clock);
    memory?.start();
    const signal = await stopped;
    log.info("stopping", { signal });
    memory?.stop();
    const told = manager.stopping();
    const late = clock.after(STOP_MS_MAX, () => {
      log.error("stop takes too long, what is stored is safe");
      Deno.exit(ExitCode.failure);
    });
    await node.stop();
    await told;
    late.cancel();
    return ExitCode.ok;
  },
};

/** Has memory given back while nothing happens, if the runtime can. */
function idleMemory(clock: Clock): IdleMemory | undefined {
  const collect = garbageCollector();
  return collect && new IdleMemory({
    clock,
    collect,
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    heapBytes: () => Deno.memoryUsage().heapTotal,
  });
}

/** Hears the signals that ask for something, before the start: unheard, they end the process. */
function onRequests(node: EdgeNode, reloader: Reloader): void {
  for (const signal of ["SIGUSR1", "SIGUSR2"] as const) {
    Deno.addSignalListener(signal, () => node.reconnect());
  }
  Deno.addSignalListener("SIGHUP", () => void reloader.onSignal());
}

/** Resolves with the first signal that asks to end; the second one ends. */
function onSignals(log: Logger, clock: Clock): Promise<string> {
  const first = Promise.withResolvers<string>();
  watchSignals({
    clock,
    signals: ["SIGTERM", "SIGINT"],
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
