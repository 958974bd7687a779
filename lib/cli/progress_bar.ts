import type { Io } from "./io.ts";

/** Cells of the bar. */
const WIDTH = 30;

/**
 * A bar on standard error for work that may take long: on a terminal only,
 * redrawn when it differs.
 */
export class ProgressBar implements Disposable {
  readonly #io: Io;
  #shown = "";

  /** @param io Where it is drawn. */
  constructor(io: Io) {
    this.#io = io;
  }

  /**
   * Draws it.
   *
   * @param done How far it is, from 0 to 1.
   * @param what What is being done, in a word.
   */
  show(done: number, what: string): void {
    if (!this.#io.isTerminal.stderr) return;
    const part = Math.min(1, Math.max(0, done));
    const full = Math.floor(part * WIDTH);
    const bar = "#".repeat(full) + ".".repeat(WIDTH - full);
    const text = `[${bar}] ${
      String(Math.floor(part * 100)).padStart(3)
    } % ${what}`;
    if (text === this.#shown) return;
    // The rest of the line is what a longer text left.
    this.#io.stderr(`\r${text}\x1b[K`);
    this.#shown = text;
  }

  /** Takes it away. */
  [Symbol.dispose](): void {
    if (this.#shown !== "") this.#io.stderr("\r\x1b[K");
    this.#shown = "";
  }
}
