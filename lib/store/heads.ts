import { LIMITS } from "../base/mod.ts";
import type { MetaHead } from "./meta_types.ts";

/**
 * Characters of a head that is remembered, twice those of Kubernetes' longest
 * names. A cloud may send a uid of megabytes, and 4,096 of them would not fit.
 */
const LENGTH_MAX = 1024;

/**
 * What was written last under a key, without the object itself: a message
 * about an object that came before needs no look into the file. It holds what
 * the open transaction has written, too, so once something of that is undone
 * all is forgotten.
 *
 * There are two generations: once the newer one is half of the bound, the
 * older one goes. To look for the oldest of all takes longer than to read it.
 */
export class Heads {
  #newer = new Map<string, MetaHead>();
  #older = new Map<string, MetaHead>();

  /** The head of an object; `undefined` if the file has to be asked. */
  get(key: string): MetaHead | undefined {
    return this.#newer.get(key) ?? this.#older.get(key);
  }

  /**
   * Notes what was written; its value is not held.
   *
   * @param known What is held under its key, if that was looked up before.
   */
  set(head: MetaHead, known = this.get(head.key)): void {
    if (lengthOf(head) > LENGTH_MAX) return this.delete(head.key);
    this.#newer.set(head.key, headOf(head, known));
    if (this.#newer.size < LIMITS.headsMax / 2) return;
    this.#older = this.#newer;
    this.#newer = new Map();
  }

  /** Notes that only the version of an object was raised. */
  raise(key: string, version: string): void {
    const head = this.get(key);
    if (head) this.set({ ...head, version });
  }

  /** Forgets an object that is gone. */
  delete(key: string): void {
    this.#newer.delete(key);
    this.#older.delete(key);
  }

  /** Forgets all. */
  clear(): void {
    this.#newer.clear();
    this.#older.clear();
  }
}

/**
 * Of what is written, the value apart: it would hold the memory of it. Texts
 * that are equal are those that are held already: what is held long and then
 * replaced is garbage that only a collection of the whole heap finds.
 */
function headOf(written: MetaHead, known: MetaHead = written): MetaHead {
  const { type, uid, version, created, source, digest } = written;
  return {
    key: known.key,
    type: known.type === type ? known.type : type,
    uid: known.uid === uid ? known.uid : uid,
    version,
    created: known.created === created ? known.created : created,
    source: known.source === source ? known.source : source,
    digest,
  };
}

function lengthOf({ key, type, uid, version, created, source }: MetaHead) {
  return key.length + type.length + uid.length + version.length +
    created.length + source.length;
}
