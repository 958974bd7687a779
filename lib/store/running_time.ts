import type { Clock } from "../base/mod.ts";
import type { Connection } from "./driver.ts";
import { readNumber, writeState } from "./state.ts";

/** Shortest time between two writes, in milliseconds. */
const SAVE_EVERY_MS = 60_000;

/**
 * How long the node has run with this store, all its lives added up. The age
 * of a tombstone is measured with it: by the wall clock, a board without a
 * clock chip that jumps from 1970 to today would forget every delete
 * (failures.md D8).
 *
 * It is saved along with later commits. A crash sets it back a little, but
 * never behind the last delete.
 */
export class RunningTime {
  readonly #clock: Clock;
  readonly #baseMs: number;
  readonly #startMs: number;
  #savedAtMs: number;

  /** Goes on from what a file says. */
  constructor(db: Connection, clock: Clock) {
    const last = db.get<{ ms: number | null }>(
      "SELECT max(deleted_at) AS ms FROM tombstones",
    );
    this.#clock = clock;
    this.#baseMs = Math.max(readNumber(db, "running"), last?.ms ?? 0);
    this.#startMs = clock.monotonic();
    this.#savedAtMs = this.#startMs;
  }

  /** Milliseconds until now, whole. */
  get nowMs(): number {
    return Math.floor(
      this.#baseMs + this.#clock.monotonic() - this.#startMs,
    );
  }

  /** Whether it is time to save. */
  get isDue(): boolean {
    return this.#clock.monotonic() - this.#savedAtMs >= SAVE_EVERY_MS;
  }

  /** Writes it into the open transaction. */
  write(db: Connection): void {
    writeState(db, "running", this.nowMs);
  }

  /** Notes that what `write` wrote is durable. */
  saved(): void {
    this.#savedAtMs = this.#clock.monotonic();
  }
}
