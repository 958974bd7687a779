import type { Clock, Timer } from "../base/mod.ts";

/** Time between two looks, in milliseconds. */
const LOOK_MS = 5000;
/** Least time between two collections, in milliseconds. */
const PAUSE_MS = 60_000;
/** Most CPU time between two looks of a program at rest, in milliseconds. */
const REST_CPU_MS = 100;
/** Growth of the heap since the last collection that is worth another one. */
const WORTH_BYTES = 2 * 1024 * 1024;

/** What {@link IdleMemory} needs from outside. */
export interface IdleMemoryOptions {
  /** Time. */
  readonly clock: Clock;
  /** CPU time of the process so far, in milliseconds. */
  readonly cpuMs: () => number;
  /** What the heap takes from the system, in bytes. */
  readonly heapBytes: () => number;
  /** Collects all garbage and gives memory back; takes tens of milliseconds. */
  readonly collect: () => void;
}

/**
 * Gives memory back while the program rests. V8 collects when it is given
 * something to do, so after a start or a flood an idle node would hold for
 * days what it needed then, on a gateway that has 256 MB for everything.
 */
export class IdleMemory {
  readonly #options: IdleMemoryOptions;
  #timer: Timer | undefined;
  #cpuMs = Infinity;
  /** Heap after the last collection, and when that was. */
  #keptBytes = -Infinity;
  #collectedMs = -Infinity;

  /** Does nothing before `start`. */
  constructor(options: IdleMemoryOptions) {
    this.#options = options;
  }

  /** Looks every few seconds, until `stop`. */
  start(): void {
    this.#cpuMs = this.#options.cpuMs();
    this.#timer = this.#options.clock.after(LOOK_MS, () => this.#look());
  }

  /** Looks no more. */
  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { clock, cpuMs, heapBytes, collect } = this.#options;
    const nowMs = clock.monotonic();
    const isResting = cpuMs() - this.#cpuMs <= REST_CPU_MS;
    const isDue = nowMs - this.#collectedMs >= PAUSE_MS;
    if (isResting && isDue && heapBytes() - this.#keptBytes >= WORTH_BYTES) {
      collect();
      this.#keptBytes = heapBytes();
      this.#collectedMs = nowMs;
    }
    this.start();
  }
}

/**
 * V8's collector, which the binary is compiled with (`--expose-gc`).
 *
 * @returns `undefined` where the runtime was started without it.
 */
export function garbageCollector(): (() => void) | undefined {
  const { gc } = globalThis as { gc?: (options: object) => void };
  return gc &&
    (() => gc({ type: "major", execution: "sync", flavor: "last-resort" }));
}
