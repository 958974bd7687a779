import { LIMITS } from "../base/mod.ts";
import type { MetaHead } from "./meta_types.ts";

/**
 * What was written last under a key, without the object itself: a message
 * about an object that came before needs no look into the file. It holds what
 * the open transaction has written, too, so once something of that is undone
 * all is forgotten. At the bound the oldest goes.
 */
export class Heads {
  readonly #heads = new Map<string, MetaHead>();

  /** The head of an object; `undefined` if the file has to be asked. */
  get(key: string): MetaHead | undefined {
    return this.#heads.get(key);
  }

  /** Notes what was written. */
  set(head: MetaHead): void {
    this.#heads.set(head.key, head);
    if (this.#heads.size <= LIMITS.headsMax) return;
    for (const oldest of this.#heads.keys()) {
      this.#heads.delete(oldest);
      return;
    }
  }

  /** Notes that only the version of an object was raised. */
  raise(key: string, version: string): void {
    const head = this.#heads.get(key);
    if (head) this.#heads.set(key, { ...head, version });
  }

  /** Forgets an object that is gone. */
  delete(key: string): void {
    this.#heads.delete(key);
  }

  /** Forgets all. */
  clear(): void {
    this.#heads.clear();
  }
}
