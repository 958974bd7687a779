import type { Clock } from "../../lib/base/mod.ts";
import {
  openStore,
  type SqliteStore,
  type Store,
} from "../../lib/store/mod.ts";
import type { SimDisk } from "./sim_node.ts";

/** Names of what a crash leaves behind. */
const FILES = ["metamanager.db", "metamanager.db-wal"];

/**
 * The real store as the disk of a simulated node. A crash takes the files as
 * they are in that moment, an open transaction included, into a new folder:
 * what a killed process leaves behind.
 */
export class SqliteDisk implements SimDisk {
  readonly #root: string;
  #lives = 0;
  #store: SqliteStore | undefined;
  #crashed = false;

  /** @param parent Folder for the files; one in memory makes it fast. */
  constructor(parent?: string) {
    this.#root = Deno.makeTempDirSync({
      prefix: "simulation-",
      ...(parent ? { dir: parent } : {}),
    });
    Deno.mkdirSync(this.#folder, { mode: 0o700 });
  }

  /** Opens what is durable. */
  open(clock: Clock): Store {
    this.#crashed = false;
    // The old handle is let go; what it writes now is in the old folder.
    const old = this.#store;
    this.#store = undefined;
    old?.close();
    const store = this.#open(clock);
    this.#store = store;
    const close = store.close.bind(store);
    store.close = () => {
      close();
      // Closed by its owner: what is on the disk can be looked at all the same.
      if (this.#store === store && !this.#crashed) {
        this.#store = this.#open(clock);
      }
    };
    return store;
  }

  #open(clock: Clock): SqliteStore {
    return openStore({
      path: `${this.#folder}/${FILES[0]}`,
      clock,
      reserveBytes: 0,
    });
  }

  /** Takes the files as they are. */
  crash(): void {
    if (this.#crashed || !this.#store) return;
    this.#crashed = true;
    const before = this.#folder;
    this.#lives++;
    Deno.mkdirSync(this.#folder, { mode: 0o700 });
    for (const name of FILES) {
      try {
        Deno.copyFileSync(`${before}/${name}`, `${this.#folder}/${name}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    // The lock file of a killed process says that the store was in use.
    Deno.copyFileSync(
      `${before}/${FILES[0]}.lock`,
      `${this.#folder}/${FILES[0]}.lock`,
    );
  }

  /** Between batches the store holds nothing else. */
  durable(): Store {
    if (!this.#store) throw new Error("the store was never opened");
    return this.#store;
  }

  /** Removes all files. */
  dispose(): void {
    const store = this.#store;
    this.#store = undefined;
    store?.close();
    Deno.removeSync(this.#root, { recursive: true });
  }

  get #folder(): string {
    return `${this.#root}/${this.#lives}`;
  }
}
