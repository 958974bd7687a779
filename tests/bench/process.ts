/** What the kernel says of a process at one moment. */
export interface Sample {
  /** CPU time used so far, in microseconds; the kernel counts in 10 ms. */
  readonly cpuUs: number;
  /** Bytes that it caused to be written to disks (`write_bytes`). */
  readonly diskBytes: number;
  /** Bytes that it passed to `write` (`wchar`). */
  readonly writtenBytes: number;
  /** Resident memory in MB. */
  readonly rssMb: number;
  /** The part of it that is no file, in MB. */
  readonly anonymousMb: number;
  /** Highest resident memory so far, in MB. */
  readonly peakMb: number;
}

/** A program that is measured from outside. */
export class Measured {
  static readonly #running = new Set<Deno.ChildProcess>();
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #isOver = false;
  /** What it wrote to standard error. */
  log = "";

  /** Starts it; what it says goes to `log`. */
  constructor(command: readonly string[], env: Record<string, string> = {}) {
    const [program = "", ...args] = command;
    this.#child = new Deno.Command(program, {
      args,
      env,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const running = Measured.#running.add(this.#child);
    void this.#child.status.then(() => running.delete(this.#child));
    this.#reading = this.#read();
  }

  /** Ends all that still run, for a suite that dies of a defect of its own. */
  static endAll(): void {
    for (const child of Measured.#running) child.kill("SIGKILL");
  }

  /** Its number. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Rejects if it ends. */
  async unexpectedEnd(): Promise<never> {
    const { code } = await this.#child.status;
    await this.#reading;
    throw new Error(`Program ended, exit code ${code}: ${this.log}`);
  }

  /** What the kernel says now. */
  sample(): Sample {
    const io = fields(`/proc/${this.pid}/io`);
    const status = fields(`/proc/${this.pid}/status`);
    const stat = Deno.readTextFileSync(`/proc/${this.pid}/stat`);
    const [user = "0", system = "0"] = stat.slice(stat.lastIndexOf(")") + 2)
      .split(" ").slice(11, 13);
    return {
      cpuUs: (Number(user) + Number(system)) * 10_000,
      diskBytes: io("write_bytes"),
      writtenBytes: io("wchar"),
      rssMb: status("VmRSS") / 1024,
      anonymousMb: status("RssAnon") / 1024,
      peakMb: status("VmHWM") / 1024,
    };
  }

  /** Signals it. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Ends it and waits for its end. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 8000);
    this.#child.kill(signal);
    await this.#child.status;
    clearTimeout(late);
    await this.#reading;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.log = (this.log + decoder.decode(chunk, { stream: true }))
        .slice(-20_000);
    }
  }
}

function fields(file: string): (name: string) => number {
  const text = Deno.readTextFileSync(file);
  return (name) =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1]);
}
