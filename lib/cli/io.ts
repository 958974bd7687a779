/** What a command sees of the world, so that a test can give it another one. */
export interface Io {
  /** Writes to standard output, as it stands. */
  stdout(text: string): void;
  /** Writes to standard error, as it stands. */
  stderr(text: string): void;
  /** All of standard input, UTF-8. */
  stdin(): Promise<string>;
  /**
   * Aborted once nobody reads standard output any more, which is noticed with
   * the next write. @default never
   */
  readonly stdoutEnded?: AbortSignal;
  /** Which of the two is read by a person at a terminal. */
  readonly isTerminal: { readonly stdout: boolean; readonly stderr: boolean };
  /** Lines of the terminal, if standard output is one. @default not known */
  rows?(): number | undefined;
  /** A variable of the environment; `undefined` if it is not set. */
  env(name: string): string | undefined;
  /** Name of this machine. */
  hostname(): string;
  /** The commented default configuration that comes with the program. */
  defaultConfig(): Promise<string>;
}

/**
 * The process's own streams and environment.
 *
 * @param files What comes with the program; compiled into the binary.
 */
export function systemIo(files: { readonly defaultConfig: URL }): Io {
  const stdoutEnd = new AbortController();
  return {
    stdout: (text) => {
      if (!writeAll(Deno.stdout, text)) stdoutEnd.abort();
    },
    stdin: () => new Response(Deno.stdin.readable).text(),
    stderr: (text) => void writeAll(Deno.stderr, text),
    stdoutEnded: stdoutEnd.signal,
    isTerminal: {
      stdout: Deno.stdout.isTerminal(),
      stderr: Deno.stderr.isTerminal(),
    },
    rows: () => Deno.stdout.isTerminal() ? Deno.consoleSize().rows : undefined,
    env: (name) => Deno.env.get(name),
    hostname: () => Deno.hostname(),
    defaultConfig: () => Deno.readTextFile(files.defaultConfig),
  };
}

/** @returns `false` if nobody reads the stream any more. */
function writeAll(
  stream: { writeSync(bytes: Uint8Array): number },
  text: string,
): boolean {
  const bytes = new TextEncoder().encode(text);
  let sent = 0;
  try {
    while (sent < bytes.length) sent += stream.writeSync(bytes.subarray(sent));
    return true;
  } catch (error) {
    // `metamanager ... | head` closes the pipe when it has seen enough.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    return false;
  }
}
