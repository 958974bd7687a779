/** Where bytes go: standard error, or a file in its place. */
export interface ByteSink {
  /** Writes what it can and says how much it was. */
  writeSync(bytes: Uint8Array): number;
}

/**
 * Writes lines to standard error, whatever it is: a terminal, a pipe, a file
 * that logrotate truncates, or nothing any more.
 *
 * Invariants: it never throws, since a node must outlive its log reader and a
 * full disk below its log; a line that was written in part is ended before
 * the next one begins; what was lost is counted.
 */
export class LineWriter {
  readonly #sink: ByteSink;
  readonly #encoder = new TextEncoder();
  /** Whether the last line lacks its end. */
  #isTorn = false;

  /** Writes nothing yet. */
  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /**
   * Writes a line that carries its newline.
   *
   * @returns Whether all of it was taken.
   */
  write(line: string): boolean {
    const bytes = this.#encoder.encode(this.#isTorn ? `\n${line}` : line);
    let sent = 0;
    try {
      while (sent < bytes.length) {
        const length = this.#sink.writeSync(bytes.subarray(sent));
        if (length === 0) break;
        sent += length;
      }
    } catch {
      // Nobody reads any more (EPIPE), it is full and does not block
      // (EAGAIN), the disk is full, the terminal is gone: there is no other
      // place to say so. The loss is told once a line gets through.
      if (sent > 0) this.#isTorn = true;
      return false;
    }
    this.#isTorn = sent < bytes.length;
    return !this.#isTorn;
  }
}
