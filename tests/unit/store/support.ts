import { type Clock, SystemClock, type Timer } from "../../../lib/base/mod.ts";
import {
  type MetaWrite,
  openStore,
  type SqliteStore,
  type StoreOptions,
  type StoreTransaction,
} from "../../../lib/store/mod.ts";

/** A clock that stands until it is moved; the store sets no timers. */
export class StandingClock implements Clock {
  /** Wall clock, milliseconds since 1970. */
  nowMs = Date.UTC(2030, 0, 1);

  now(): number {
    return this.nowMs;
  }

  monotonic(): number {
    return this.nowMs;
  }

  after(): Timer {
    throw new Error("The store sets no timers");
  }

  defer(fn: () => void, isPressed?: boolean): Timer {
    return new SystemClock().defer(fn, isPressed);
  }
}

/** A folder with a store path in it, and everything opened there. */
export class Place implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/edge.db`;
  readonly clock = new StandingClock();
  readonly logged: string[] = [];
  readonly #stores: SqliteStore[] = [];

  open(options: Partial<StoreOptions> = {}): SqliteStore {
    const store = openStore({
      path: this.path,
      clock: this.clock,
      reserveBytes: 0,
      log: (level, message) => this.logged.push(`${level}: ${message}`),
      ...options,
    });
    this.#stores.push(store);
    return store;
  }

  /** Copies the files as they are now: what a killed process leaves. */
  afterKill(): Place {
    const copy = new Place();
    for (const { name } of Deno.readDirSync(this.folder)) {
      if (name.endsWith("-shm")) continue;
      Deno.copyFileSync(`${this.folder}/${name}`, `${copy.folder}/${name}`);
    }
    copy.clock.nowMs = this.clock.nowMs;
    return copy;
  }

  names(): string[] {
    return Array.from(Deno.readDirSync(this.folder), (entry) => entry.name)
      .sort();
  }

  [Symbol.dispose](): void {
    for (const store of this.#stores) store.close();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** An object to write. */
export function pod(name: string, fields: Partial<MetaWrite> = {}): MetaWrite {
  const version = fields.version ?? "1";
  return {
    key: `default/pod/${name}`,
    type: "pod",
    value: JSON.stringify({ metadata: { name, resourceVersion: version } }),
    uid: `uid-${name}`,
    version,
    created: "2030-01-01T00:00:00Z",
    source: "edgecontroller",
    ...fields,
  };
}

/** One batch with one message, committed, or undone if that throws. */
export function commit<T>(
  store: SqliteStore,
  run: (tx: StoreTransaction) => T,
): T {
  const batch = store.batch();
  try {
    const result = batch.message(() => run(batch.tx));
    batch.commit();
    return result;
  } finally {
    batch.rollback();
  }
}
