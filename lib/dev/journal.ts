import type { Clock, Timer } from "../base/mod.ts";

/** Nothing that was waited for came in time. */
export class JournalTimeoutError extends Error {
  /** Always `JournalTimeoutError`. */
  override readonly name = "JournalTimeoutError";
}

/** What to wait for, and how long. */
export interface WaitOptions {
  /** Deadline in milliseconds from now. @default 5000 */
  readonly timeoutMs?: number;
  /**
   * Only entries after this {@link Journal.count}. @default 0, so that what
   * has come already counts
   */
  readonly after?: number;
}

/** What a journal needs. */
export interface JournalOptions<T> {
  /** Measures deadlines. */
  readonly clock: Clock;
  /** Most entries kept; the oldest go first. */
  readonly entriesMax: number;
  /** One line about an entry, for the error of a wait that failed. */
  readonly describe: (entry: T) => string;
}

/**
 * What happened, in order and bounded, for tests that wait for something to
 * happen instead of sleeping.
 */
export class Journal<T> {
  readonly #options: JournalOptions<T>;
  readonly #entries: T[] = [];
  readonly #watchers = new Set<(entry: T, count: number) => void>();
  #count = 0;

  /** Starts empty. */
  constructor(options: JournalOptions<T>) {
    this.#options = options;
  }

  /** The entries that are kept, oldest first. */
  get entries(): readonly T[] {
    return this.#entries;
  }

  /** How many entries there have ever been: a mark to wait from. */
  get count(): number {
    return this.#count;
  }

  /** Adds an entry and tells those who wait. */
  add(entry: T): void {
    this.#count++;
    this.#entries.push(entry);
    if (this.#entries.length > this.#options.entriesMax) this.#entries.shift();
    for (const watcher of [...this.#watchers]) watcher(entry, this.#count);
  }

  /** Tells of each new entry, until the returned function is called. */
  watch(watcher: (entry: T) => void): () => void {
    // Not the function itself: it may be given twice.
    const own = (entry: T) => watcher(entry);
    this.#watchers.add(own);
    return () => this.#watchers.delete(own);
  }

  /**
   * Waits for the first entry that fits.
   *
   * @throws {JournalTimeoutError} If none came in time; it shows the last ones.
   */
  waitFor(
    fits: (entry: T) => boolean,
    options: WaitOptions = {},
  ): Promise<T> {
    const { timeoutMs = 5000, after = 0 } = options;
    const oldest = this.#count - this.#entries.length;
    const found = this.#entries.slice(Math.max(0, after - oldest)).find(fits);
    if (found !== undefined) return Promise.resolve(found);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const watcher = (entry: T, count: number) => {
      if (count <= after || !fits(entry)) return;
      finish();
      resolve(entry);
    };
    const timer: Timer = this.#options.clock.after(timeoutMs, () => {
      finish();
      reject(this.#timeout(timeoutMs));
    });
    const finish = () => {
      timer.cancel();
      this.#watchers.delete(watcher);
    };
    this.#watchers.add(watcher);
    return promise;
  }

  #timeout(timeoutMs: number): JournalTimeoutError {
    const last = this.#entries.slice(-10).map((entry) =>
      `  ${this.#options.describe(entry)}`
    );
    return new JournalTimeoutError(
      `Nothing fitting came within ${timeoutMs} ms; the last entries:\n${
        last.join("\n")
      }`,
    );
  }
}
