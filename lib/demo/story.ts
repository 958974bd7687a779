import { type Clock, sleep } from "../base/mod.ts";
import { errorText } from "../telemetry/mod.ts";
import { StepFailedError } from "./check.ts";
import type { DemoEvent, Hop } from "./event.ts";

/** What a story is told with. */
export interface StoryOptions {
  /** Times steps and waits. */
  readonly clock: Clock;
  /** Takes each step as it is done. */
  readonly onEvent: (event: DemoEvent) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Longest wait of a step in milliseconds. @default 10 000 */
  readonly timeoutMs?: number;
}

/** What is waited for. */
export interface Expectation {
  /** It, in words. */
  readonly expected: string;
  /** What there is instead, in words. */
  readonly came: () => string;
}

const TIMEOUT_MS = 10_000;
/** Pause between two looks at a condition. */
const LOOK_MS = 5;

/** Acts and steps, numbered and timed: each step is a check. */
export class Story {
  readonly #options: StoryOptions;
  readonly #startedMs: number;
  #act = 0;
  #step = 0;
  #held = 0;
  /** What is being done, or was done last. */
  #hop: Hop = { from: "user", to: "node", operation: "-", resource: "-" };
  #hasFailed = false;

  /** Begins now. */
  constructor(options: StoryOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonic();
  }

  /** Steps that held. */
  get held(): number {
    return this.#held;
  }

  /** Milliseconds since the start. */
  get elapsedMs(): number {
    return this.#options.clock.monotonic() - this.#startedMs;
  }

  /** Begins the next act. */
  act(title: string): void {
    this.#act++;
    this.#step = 0;
    this.#options.onEvent({
      kind: "act",
      act: this.#act,
      title,
      atMs: this.elapsedMs,
    });
  }

  /**
   * Does a step and shows it.
   *
   * @param check Does it and checks it; returns what came of it, in words.
   * @throws {StepFailedError} If it did not hold; it has been shown.
   * @throws The reason of the signal.
   */
  async step(hop: Hop, check: () => string | Promise<string>): Promise<void> {
    const { onEvent, signal } = this.#options;
    this.#step++;
    this.#hop = hop;
    try {
      signal.throwIfAborted();
      const result = await this.unlessEnded(check);
      this.#held++;
      const atMs = this.elapsedMs;
      onEvent({ kind: "step", step: this.#name, atMs, ...hop, result });
    } catch (cause) {
      const error = signal.aborted ? signal.reason : cause;
      if (signal.aborted && !(error instanceof StepFailedError)) throw error;
      const failed = error instanceof StepFailedError
        ? error
        : new StepFailedError("no error", errorText(error), { cause: error });
      this.failed(failed);
      throw failed;
    }
  }

  /** Shows what did not hold, at the present step, unless something was shown. */
  failed({ expected, came }: StepFailedError): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.onEvent({
      kind: "failed",
      step: this.#name,
      atMs: this.elapsedMs,
      ...this.#hop,
      expected,
      came,
    });
  }

  /**
   * Waits for what is under way, but not beyond the signal: then it is left to
   * itself.
   *
   * @throws The reason of the signal.
   */
  async unlessEnded<T>(run: () => T | Promise<T>): Promise<T> {
    const { signal } = this.#options;
    const ended = Promise.withResolvers<never>();
    const onAbort = () => ended.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([run(), ended.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** The present step, as `<act>.<number>`. */
  get #name(): string {
    return `${this.#act}.${this.#step}`;
  }

  /**
   * Waits until there is something to see.
   *
   * @param look Returns it, or `undefined` or `false` while there is nothing.
   * @throws {StepFailedError} If it does not come in time.
   * @throws The reason of the signal.
   */
  async until<T>(
    look: () => T | undefined | false,
    about: Expectation,
  ): Promise<T> {
    const { clock, signal, timeoutMs = TIMEOUT_MS } = this.#options;
    const endMs = clock.monotonic() + timeoutMs;
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      if (clock.monotonic() >= endMs) {
        const expected = `${about.expected} within ${timeoutMs / 1000} s`;
        throw new StepFailedError(expected, about.came());
      }
      await sleep(clock, LOOK_MS, signal);
    }
  }
}
