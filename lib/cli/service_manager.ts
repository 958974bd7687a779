import { dirname } from "node:path";
import type { Clock, Timer } from "../base/mod.ts";
import type { Config } from "../config/mod.ts";
import { errorText, type HealthReport, type Logger } from "../telemetry/mod.ts";

/** What a service manager is told of. */
export interface ServiceManagerOptions {
  /** A variable of the environment; `undefined` if it is not set. */
  readonly env: (name: string) => string | undefined;
  /** Time. */
  readonly clock: Clock;
  /** Log lines. */
  readonly log: Pick<Logger, "debug" | "warn">;
  /** The node's health now. */
  readonly health: () => HealthReport;
  /** Folder of this process's own end, writable; see {@link runFolder}. */
  readonly folder: string;
  /** Id of this process. */
  readonly pid: number;
  /** Sends a datagram. @default through a Unix socket in `folder` */
  readonly send?: (text: string) => Promise<void>;
}

/** How often the state is looked at without a watchdog, in milliseconds. */
const LOOK_MS = 10_000;
/** Longest wait until a message is taken, in milliseconds. */
const SEND_MS_MAX = 1000;
/** Longest state that is told, in UTF-16 units. */
const STATUS_LENGTH_MAX = 200;

/**
 * Tells systemd, or what takes its place, how the node does: sd_notify(3) by
 * `NOTIFY_SOCKET`, with the watchdog of `WATCHDOG_USEC`. Without that variable
 * nothing is told.
 *
 * Invariants: messages leave in the order of the calls; the watchdog is fed
 * only while no loop of the node stands still, so that what `/livez` tells
 * restarts the process; nothing here fails the node.
 */
export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #address: string;
  readonly #watchdogMs: number | undefined;
  #last: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #status = "";
  #isOver = false;
  #hasFailed = false;
  /** Whether a message is under way that was not taken in time. */
  #isStuck = false;

  /** Tells nothing yet. */
  constructor(options: ServiceManagerOptions) {
    this.#options = options;
    const { env, pid, log } = options;
    const address = env("NOTIFY_SOCKET") ?? "";
    // The runtime sends to paths only: no abstract address (@...), no vsock.
    this.#address = address.startsWith("/") ? address : "";
    if (address !== "" && this.#address === "") {
      log.warn(
        "NOTIFY_SOCKET is no path: the service manager hears nothing, use Type=exec and no WatchdogSec",
        { address },
      );
    }
    this.#watchdogMs = watchdogMs(env, pid);
  }

  /** The node serves; from now on it is watched. */
  ready(): Promise<void> {
    if (this.#isOver) return this.#last;
    this.#tick();
    return this.#tell("READY=1", `STATUS=${this.#status}`);
  }

  /** The configuration is being read again; `ready` ends it. */
  reloading(): Promise<void> {
    if (this.#isOver) return this.#last;
    return this.#tell("RELOADING=1", "STATUS=reading the configuration");
  }

  /** The node ends; it is watched no longer. */
  stopping(): Promise<void> {
    this.close();
    return this.#tell("STOPPING=1", "STATUS=stopping");
  }

  /** Looks at the node no more, and tells of nothing but its end. */
  close(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  /** Feeds the watchdog twice within its time, and tells of a new state. */
  #tick(): void {
    this.#timer?.cancel();
    if (!this.#address) return;
    const { clock, health } = this.#options;
    const everyMs = Math.min(LOOK_MS, (this.#watchdogMs ?? Infinity) / 2);
    this.#timer = clock.after(everyMs, () => this.#tick());
    const report = health();
    const lines: string[] = [];
    if (this.#watchdogMs !== undefined && report.live) lines.push("WATCHDOG=1");
    const status = statusText(report);
    if (status !== this.#status) lines.push(`STATUS=${status}`);
    this.#status = status;
    if (lines.length > 0) void this.#tell(...lines);
  }

  /** Never rejects. */
  #tell(...lines: readonly string[]): Promise<void> {
    if (!this.#address) return Promise.resolve();
    const { log, send = (text) => this.#send(text) } = this.#options;
    this.#last = this.#last.then(async () => {
      try {
        await send(lines.join("\n"));
        this.#hasFailed = false;
      } catch (error) {
        // The manager may be replaced under a running node: each time is tried.
        const level = this.#hasFailed ? "debug" : "warn";
        this.#hasFailed = true;
        log[level]("cannot tell the service manager", {
          socket: this.#address,
          error: errorText(error),
        });
      }
    });
    return this.#last;
  }

  /**
   * Sends within a bound: a manager that does not read must not hold up the
   * end of the node. A datagram under way cannot be called back, so while it
   * is, nothing else is sent.
   */
  async #send(text: string): Promise<void> {
    const late = new Error(`Not taken within ${SEND_MS_MAX} ms`);
    if (this.#isStuck) throw late;
    const deadline = Promise.withResolvers<never>();
    const timer = this.#options.clock.after(SEND_MS_MAX, () => {
      this.#isStuck = true;
      deadline.reject(late);
    });
    try {
      await Promise.race([this.#sendWhole(text), deadline.promise]);
    } finally {
      timer.cancel();
    }
  }

  /** The runtime sends datagrams only from a socket that has a path of its own. */
  async #sendWhole(text: string): Promise<void> {
    const path = `${this.#options.folder}/notify-${this.#options.pid}.sock`;
    removeIfThere(path);
    const socket = Deno.listenDatagram({ transport: "unixpacket", path });
    try {
      const to = { transport: "unixpacket", path: this.#address } as const;
      await socket.send(new TextEncoder().encode(text), to);
    } finally {
      this.#isStuck = false;
      socket.close();
      removeIfThere(path);
    }
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A folder that the running node can write: of a socket, else of its store. */
export function runFolder({ admin, edged, store }: Config): string {
  return dirname(admin.socket || edged.socket || store.path);
}

/** Time of the watchdog; `undefined`: it is not meant for this process. */
function watchdogMs(
  env: (name: string) => string | undefined,
  pid: number,
): number | undefined {
  const us = Number(env("WATCHDOG_USEC") ?? "");
  const isOurs = (env("WATCHDOG_PID") || String(pid)) === String(pid);
  return isOurs && us > 0 ? us / 1000 : undefined;
}

/** One line: the worst that is known, or that all is well. */
function statusText({ state, checks, stalled }: HealthReport): string {
  const bad = checks.filter((check) => check.state !== "ok")
    .map(({ name, reason }) => `${name}: ${reason}`);
  for (const loop of stalled) bad.unshift(`${loop} stands still`);
  const text = [state, bad.join("; ")].filter(Boolean).join(", ");
  return text.replace(/\s+/g, " ").slice(0, STATUS_LENGTH_MAX);
}
