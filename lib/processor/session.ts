import { type Clock, LIMITS, type Timer } from "../base/mod.ts";

/** What {@link Session} needs from outside. */
export interface SessionOptions {
  /** Measures the settling time. */
  readonly clock: Clock;
  /**
   * How long a connection must last, in milliseconds, before the store counts
   * as in sync. SyncController looks for differences every 5 s.
   */
  readonly settleMs: number;
  /** There is no cloud, and so nothing that could differ from the store. */
  readonly standalone: boolean;
  /** Told once a connection has lasted that long, or there is no cloud. */
  readonly onSettled: () => void;
}

/**
 * What the node remembers of the present connection, in memory only: whether
 * there is one, and which keys the cloud has vouched for since it came up.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #confirmed = new Set<string>();
  #settling: Timer | undefined;
  #connected = false;

  /** @param options Clock and settling time. */
  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Whether the cloud can be asked. Starts as `false`. */
  get connected(): boolean {
    return this.#connected;
  }

  /** The link came up or went down: nothing is vouched for any more. */
  changed(connected: boolean): void {
    this.#connected = connected;
    this.restart();
  }

  /** The store was rebuilt: the connection settles anew, nothing is vouched for. */
  restart(): void {
    this.#confirmed.clear();
    if (this.#options.standalone) return this.#settleIn(0);
    this.settle();
  }

  /**
   * The connection settles anew: the store failed, so what the cloud sent
   * meanwhile may have to come again.
   */
  settle(): void {
    const { settleMs, standalone } = this.#options;
    if (this.#connected || standalone) return this.#settleIn(settleMs);
    this.stop();
  }

  /** The cloud vouched for a key. */
  confirm(key: string): void {
    if (!this.#connected) return;
    // A forgotten key is asked for once more, nothing worse.
    if (this.#confirmed.size >= LIMITS.confirmedKeysMax) {
      this.#confirmed.clear();
    }
    this.#confirmed.add(key);
  }

  /** Whether the cloud vouched for a key since the connect. */
  isConfirmed(key: string): boolean {
    return this.#confirmed.has(key);
  }

  /** Cancels the timer. */
  stop(): void {
    this.#settling?.cancel();
    this.#settling = undefined;
  }

  #settleIn(delayMs: number): void {
    const { clock, onSettled } = this.#options;
    this.#settling?.cancel();
    this.#settling = clock.after(delayMs, onSettled);
  }
}
