/**
 * Owns the promises of a component's loops, so that none is left alone: a
 * rejection reaches `onError` with the task's name, and `settled` joins all.
 */
export class TaskSet {
  readonly #tasks = new Map<Promise<void>, string>();
  readonly #onError: (name: string, error: unknown) => void;

  /**
   * Starts nothing.
   *
   * @param onError Told of each rejection; must not throw.
   */
  constructor(onError: (name: string, error: unknown) => void) {
    this.#onError = onError;
  }

  /** Starts a task; its rejection is reported, never left unhandled. */
  spawn(name: string, run: () => Promise<void>): void {
    // What `run` throws before its first promise is reported as well.
    const task: Promise<void> = Promise.try(run).catch((error) =>
      this.#onError(name, error)
    ).finally(() => this.#tasks.delete(task));
    this.#tasks.set(task, name);
  }

  /** Names of the tasks that still run. */
  get running(): string[] {
    return [...this.#tasks.values()];
  }

  /** Waits until no task runs, those started meanwhile included. */
  async settled(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks.keys());
  }
}
