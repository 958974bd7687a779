/**
 * The life of every running part. All methods are idempotent; parts are
 * started in order and drained and stopped in reverse by `lib/app`.
 */
export interface Component extends AsyncDisposable {
  /** Name in logs and health. */
  readonly name: string;
  /**
   * Starts the part; resolves once it does its job.
   *
   * @throws If the part cannot start; nothing is left running then.
   */
  start(): Promise<void>;
  /**
   * Takes no new work and finishes what it took.
   *
   * @param deadlineMs Milliseconds after which unfinished work is left.
   */
  drain(deadlineMs: number): Promise<void>;
  /** Ends the part and frees what it holds; ends at once what is not drained. */
  stop(): Promise<void>;
}
