import { PERMISSIONS } from "../../scripts/permissions.ts";
import { until } from "./edged_harness.ts";

const ROOT = new URL("../../", import.meta.url);
/** The program as the tasks start it. */
const SOURCE = [
  Deno.execPath(),
  "run",
  ...PERMISSIONS,
  "--no-check",
  "main.ts",
];

/** A node in a process of its own, started as the tasks start it. */
export class NodeProcess implements AsyncDisposable {
  /** Lines of standard error, in order. */
  readonly lines: string[] = [];
  /** How it ended. */
  readonly status: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #ended = false;

  /**
   * Starts it.
   *
   * @param options `umask`: of the process, octal digits; `command`: what is
   *   started instead of the sources; `env`: variables beside this process's
   *   own; `args`: further words of its command line; `root`: folder of
   *   another version of the program.
   */
  constructor(
    sets: readonly string[],
    options: {
      umask?: string;
      command?: readonly string[];
      env?: Record<string, string>;
      args?: readonly string[];
      root?: string;
    } = {},
  ) {
    const words = [
      ...options.command ?? SOURCE,
      "run",
      ...["log.format=json", ...sets].flatMap((word) => ["--set", word]),
      ...options.args ?? [],
    ];
    const shell = `umask ${options.umask ?? "022"}; exec "$@"`;
    this.#child = new Deno.Command("sh", {
      args: ["-c", shell, "sh", ...words],
      cwd: options.root ?? ROOT,
      env: options.env ?? {},
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
    this.status = this.#finish();
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Its highest resident memory so far, in MB; 0 once it has ended. */
  get peakMb(): number {
    const kilobytes = /^VmHWM:\s*(\d+)/m.exec(this.#kernelStatus())?.[1];
    return Number(kilobytes ?? 0) / 1024;
  }

  /** Whether a SIGSTOP has taken effect, or it has ended. */
  get isStandingStill(): boolean {
    return this.#ended || /^State:\s*[TZ]/m.test(this.#kernelStatus());
  }

  /** All it wrote so far. */
  get output(): string {
    return this.lines.join("\n");
  }

  /** Waits until it has said something. */
  async said(text: string): Promise<void> {
    await until(
      () => {
        if (this.lines.some((line) => line.includes(text))) return true;
        if (this.#ended) throw new Error(`It ended:\n${this.output}`);
        return false;
      },
      `node says "${text}"`,
    );
  }

  /** Waits until it runs and the cloud is there, in whatever order. */
  async connected(): Promise<this> {
    await this.said('"event":"connected"');
    return this.ready();
  }

  /** Waits until it runs. */
  async ready(): Promise<this> {
    await this.said('"event":"node runs"');
    return this;
  }

  /** Sends a signal, unless it has ended. */
  signal(signal: Deno.Signal): void {
    if (this.#ended) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It ended a moment ago, of which its status has not told yet.
      const isOver = error instanceof TypeError ||
        error instanceof Deno.errors.NotFound;
      if (!isOver) throw error;
    }
  }

  /** Sends SIGKILL and waits for the end. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.status;
  }

  /** Ends it whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #kernelStatus(): string {
    try {
      return Deno.readTextFileSync(`/proc/${this.pid}/status`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
  }

  async #finish(): Promise<Deno.CommandStatus> {
    const status = await this.#child.status;
    this.#ended = true;
    await this.#reading;
    return status;
  }

  async #read(): Promise<void> {
    await Promise.all(
      [this.#child.stderr, this.#child.stdout].map(async (stream) => {
        let rest = "";
        for await (const text of stream.pipeThrough(new TextDecoderStream())) {
          const parts = (rest + text).split("\n");
          rest = parts.pop() ?? "";
          this.lines.push(...parts);
        }
        if (rest) this.lines.push(rest);
      }),
    );
  }
}

/** Asks a page on the operator's socket; `undefined` if nobody listens. */
export async function askAdmin(
  socket: string,
  page: string,
): Promise<{ status: number; text: string } | undefined> {
  using client = Deno.createHttpClient({
    proxy: { transport: "unix", path: socket },
  });
  let response: Response;
  try {
    response = await fetch(`http://localhost${page}`, { client });
  } catch (error) {
    // Not there yet, or not any more.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  const { status, headers, body } = response;
  // A live page has no end: its first event will do.
  const isLive = headers.get("content-type")?.startsWith("text/event-stream");
  if (!isLive || !body) return { status, text: await response.text() };
  const reader = body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return { status, text: new TextDecoder().decode(value) };
}
