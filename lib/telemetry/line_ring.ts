import { LIMITS } from "../base/mod.ts";

/** How much a {@link LineRing} keeps. */
export interface LineRingOptions {
  /** Most lines. @default LIMITS.logLinesMax */
  readonly linesMax?: number;
  /** Most characters. @default LIMITS.logLengthMax */
  readonly lengthMax?: number;
}

/** The last lines of a log; at a bound the oldest go. */
export class LineRing {
  readonly #linesMax: number;
  readonly #lengthMax: number;
  readonly #lines: string[] = [];
  /** Lines before it are gone. */
  #first = 0;
  #length = 0;

  /** Empty. */
  constructor(options: LineRingOptions = {}) {
    this.#linesMax = options.linesMax ?? LIMITS.logLinesMax;
    this.#lengthMax = options.lengthMax ?? LIMITS.logLengthMax;
  }

  /** What is kept, oldest first. */
  get lines(): readonly string[] {
    return this.#lines.slice(this.#first);
  }

  /** Adds a line, without its newline. */
  push(line: string): void {
    this.#lines.push(line);
    this.#length += line.length;
    while (
      this.#lines.length - this.#first > this.#linesMax ||
      this.#length > this.#lengthMax
    ) {
      this.#length -= this.#lines[this.#first]?.length ?? 0;
      this.#lines[this.#first++] = "";
    }
    // Moving all at each line would cost more than the lines themselves.
    if (this.#first < this.#linesMax) return;
    this.#lines.splice(0, this.#first);
    this.#first = 0;
  }
}
