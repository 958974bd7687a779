/**
 * A file system of a test's own, in a mount namespace of its own: nothing of
 * it is left behind, whatever ends the test, and with user namespaces it
 * needs no right that a plain user lacks.
 */
export class SmallDisk implements AsyncDisposable {
  /** What starts a program so that it sees the disk. */
  readonly enter: readonly string[];
  /** How it was made, for the name of a test. */
  readonly way: string;
  readonly #holder: Deno.ChildProcess;

  private constructor(holder: Deno.ChildProcess, way: Way) {
    this.#holder = holder;
    this.way = way.name;
    this.enter = ["nsenter", "-t", String(holder.pid), ...way.enter];
  }

  /**
   * Mounts over a folder.
   *
   * @param script Shell lines that mount; `$1` is the folder.
   * @throws {Error} If it cannot be done here.
   */
  static async mount(folder: string, script: string): Promise<SmallDisk> {
    const way = WAYS.find((way) => tryOut(way, "true"));
    if (!way) throw new Error("Cannot mount: no right to a mount namespace");
    const holder = new Deno.Command("unshare", {
      args: [
        ...way.unshare,
        "sh",
        "-ec",
        `${script}\necho mounted\nexec cat`,
        "sh",
        folder,
      ],
      // It lives as long as whoever holds the other end.
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const disk = new SmallDisk(holder, way);
    const reader = holder.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    if (value) return disk;
    await disk[Symbol.asyncDispose]();
    throw new Error(`Cannot mount over ${folder}`);
  }

  /** How a path on the disk is called outside of its namespace. */
  outside(path: string): string {
    return `/proc/${this.#holder.pid}/root${path}`;
  }

  /** Runs a command that sees the disk. @returns Whether it did well. */
  run(...command: string[]): boolean {
    const [program = "", ...args] = [...this.enter, ...command];
    return new Deno.Command(program, { args, stderr: "null" }).outputSync()
      .success;
  }

  /** Lets the disk go. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder.stdin.close();
    await this.#holder.status;
  }
}

interface Way {
  readonly name: string;
  readonly unshare: readonly string[];
  readonly enter: readonly string[];
}

const WAYS: readonly Way[] = [
  { name: "mount", unshare: ["-m"], enter: ["-m"] },
  {
    name: "mount in a user namespace",
    unshare: ["-Urm"],
    enter: ["-U", "-m", "--preserve-credentials"],
  },
];

function tryOut({ unshare }: Way, command: string): boolean {
  try {
    return new Deno.Command("unshare", {
      args: [...unshare, command],
      stderr: "null",
    }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** How a disk can be mounted here; `undefined` if it cannot. */
export function mountWay(): string | undefined {
  const mounts = "mount -t tmpfs tmpfs /mnt";
  return WAYS.find(({ name, unshare }) =>
    tryOut({ name, enter: [], unshare: [...unshare, "sh", "-c"] }, mounts)
  )?.name;
}
