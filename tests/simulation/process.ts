/** What is thrown where a process that has crashed would go on. */
export class CrashedError extends Error {
  /** Always `CrashedError`. */
  override readonly name = "CrashedError";

  /** Says no more than that. */
  constructor() {
    super("the process has crashed");
  }
}

/**
 * One life of the node's process, from a start to a crash. Between two calls
 * to the outside (disk, network, timers) nothing that it does can be seen, so
 * a crash at one of those calls is a crash at any instruction.
 */
export class NodeProcess {
  /** Whether it still runs. */
  alive = true;
  readonly #onCrash: () => void;
  #callsLeft = Infinity;

  /** @param onCrash Told once, in the moment of the crash. */
  constructor(onCrash: () => void) {
    this.#onCrash = onCrash;
  }

  /** Crashes at one of the next calls to the outside. */
  crashAfter(calls: number): void {
    this.#callsLeft = Math.min(this.#callsLeft, calls);
  }

  /** A call to the outside is made; it may not come back. */
  outside(): void {
    if (this.alive && --this.#callsLeft < 0) this.crash();
  }

  /** Ends the process here and now. */
  crash(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#onCrash();
  }
}
