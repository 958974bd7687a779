import { type Clock, LIMITS } from "../base/mod.ts";
import type { Connection } from "./driver.ts";

interface Position {
  readonly revision: number;
  readonly usedAtMs: number;
}

/** Shortest time between two writes of positions, in milliseconds. */
const SAVE_EVERY_MS = 1000;

/**
 * Up to which revision each module was handed everything. Kept in memory and
 * saved along with later commits: a position that a crash sets back only
 * makes a module hear something twice.
 */
export class Positions {
  readonly #clock: Clock;
  readonly #positions = new Map<string, Position>();
  readonly #dirty = new Set<string>();
  #savedAtMs = -Infinity;
  /** Used last: the last one of the map. */
  #latest = "";

  /** Reads the positions of a file. */
  constructor(db: Connection, clock: Clock) {
    this.#clock = clock;
    const rows = db.all<{ module: string } & Position>(
      "SELECT module, revision, used_at AS usedAtMs FROM positions " +
        "ORDER BY used_at",
    );
    for (const { module, revision, usedAtMs } of rows) {
      this.#positions.set(module, { revision, usedAtMs });
      this.#latest = module;
    }
  }

  /** Whether it is time to save. */
  get isDue(): boolean {
    return this.#dirty.size > 0 &&
      this.#clock.monotonic() - this.#savedAtMs >= SAVE_EVERY_MS;
  }

  /** Whether anything is not saved. */
  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** A module's position; 0 if none is known. */
  get(module: string): number {
    return this.#positions.get(module)?.revision ?? 0;
  }

  /** Notes a position; beyond the bound the longest unused one goes. */
  note(module: string, revision: number): void {
    const before = this.#positions.get(module);
    // The order of the map is the order of use.
    if (module !== this.#latest) this.#positions.delete(module);
    this.#latest = module;
    this.#positions.set(module, { revision, usedAtMs: this.#clock.now() });
    if (before?.revision !== revision) this.#dirty.add(module);
    while (this.#positions.size > LIMITS.positionsMax) {
      const [oldest] = this.#positions.keys();
      if (oldest === undefined) return;
      this.#positions.delete(oldest);
      this.#dirty.add(oldest);
    }
  }

  /** Writes what changed into the open transaction. */
  write(db: Connection): void {
    for (const module of this.#dirty) {
      const position = this.#positions.get(module);
      if (!position) {
        db.run("DELETE FROM positions WHERE module = ?", module);
        continue;
      }
      db.run(
        "INSERT INTO positions (module, revision, used_at) VALUES (?, ?, ?) " +
          "ON CONFLICT (module) DO UPDATE SET " +
          "revision = excluded.revision, used_at = excluded.used_at",
        module,
        position.revision,
        position.usedAtMs,
      );
    }
  }

  /** Notes that what `write` wrote is durable. */
  saved(): void {
    this.#dirty.clear();
    this.#savedAtMs = this.#clock.monotonic();
  }
}
