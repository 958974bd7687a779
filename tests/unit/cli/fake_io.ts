import type { Io } from "../../../lib/cli/mod.ts";

const DEFAULT_CONFIG = new URL("../../../conf/edge.yaml", import.meta.url);

/** An `Io` that keeps what is written. */
export class FakeIo implements Io {
  out = "";
  err = "";
  readonly isTerminal: { stdout: boolean; stderr: boolean };
  readonly #env: Readonly<Record<string, string>>;
  /** What standard input holds. */
  input = "";

  constructor(
    options: { terminal?: boolean; env?: Readonly<Record<string, string>> } =
      {},
  ) {
    const terminal = options.terminal ?? false;
    this.isTerminal = { stdout: terminal, stderr: terminal };
    this.#env = options.env ?? {};
  }

  stdout(text: string): void {
    this.out += text;
  }

  stderr(text: string): void {
    this.err += text;
  }

  stdin(): Promise<string> {
    return Promise.resolve(this.input);
  }

  env(name: string): string | undefined {
    return this.#env[name];
  }

  hostname(): string {
    return "host";
  }

  defaultConfig(): Promise<string> {
    return Deno.readTextFile(DEFAULT_CONFIG);
  }
}
