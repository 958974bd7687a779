import type { ObjectItem } from "../../app/mod.ts";
import { type Clock, sleep } from "../../base/mod.ts";
import { failureText } from "../failure_text.ts";
import type { Ask } from "../node_or_file.ts";
import {
  fetchByKey,
  fetchKeys,
  fetchNamed,
  fetchStored,
  revisionOf,
  type Scope,
} from "./fetch_objects.ts";

/** Least time between two looks at the store, in milliseconds. */
const LOOK_MS = 1000;
/** A look that takes long is followed by a rest this many times as long. */
const REST = 4;

/** What became of an object, in the words of Kubernetes. */
export type WatchEvent = "ADDED" | "MODIFIED" | "DELETED";

/** What a watch tells. */
export interface Watcher {
  /** An object came or changed. */
  readonly changed: (item: ObjectItem, event: "ADDED" | "MODIFIED") => void;
  /** An object is gone. */
  readonly deleted: (key: string) => void;
  /** It could not be looked; it is tried again. */
  readonly failed: (text: string) => void;
}

/** What is watched. */
export interface WatchOptions {
  /** Type in the store. */
  readonly type: string;
  /** Where. */
  readonly scope: Scope;
  /** Only the object of this name. */
  readonly name?: string;
  /** What was told already, and how far the store was before. */
  readonly known: {
    readonly items: Map<string, string>;
    readonly mark: string;
  };
  /** Time. */
  readonly clock: Clock;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Follows the objects of a type until it is ended: looks whether the store has
 * changed, compares revisions if so, and reads what differs. Several changes
 * of one object between two looks are one.
 */
export async function watchObjects(
  ask: Ask,
  watcher: Watcher,
  options: WatchOptions,
): Promise<void> {
  const { clock, signal, known } = options;
  const { items } = known;
  let { mark } = known;
  let lastFailure = "";
  for (let restMs = LOOK_MS; await rest(clock, restMs, signal);) {
    const startMs = clock.monotonic();
    try {
      const stored = await fetchStored(ask);
      if (stored.mark !== mark) await look(ask, watcher, { ...options, items });
      mark = stored.mark;
      lastFailure = "";
    } catch (error) {
      const text = failureText(error);
      if (text !== lastFailure) watcher.failed(text);
      lastFailure = text;
    }
    restMs = Math.max(LOOK_MS, REST * (clock.monotonic() - startMs));
  }
}

/** @returns Whether the watch goes on. */
async function rest(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await sleep(clock, ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return !signal.aborted;
}

async function look(
  ask: Ask,
  watcher: Watcher,
  { type, scope, name, items, signal }: WatchOptions & {
    readonly items: Map<string, string>;
  },
): Promise<void> {
  const found = name === undefined
    ? await fetchKeys(ask, type, scope)
    : await fetchOne(ask, { type, name }, scope);
  for (const [key, revision] of found) {
    if (signal.aborted) return;
    if (items.get(key) === revision) continue;
    const event = items.has(key) ? "MODIFIED" : "ADDED";
    const item = await fetchByKey(ask, { type, key }, scope);
    // Gone since: the next look tells.
    if (!item) continue;
    items.set(key, revisionOf(item));
    watcher.changed(item, event);
  }
  for (const key of [...items.keys()]) {
    if (found.has(key)) continue;
    items.delete(key);
    watcher.deleted(key);
  }
}

async function fetchOne(
  ask: Ask,
  about: { readonly type: string; readonly name: string },
  scope: Scope,
): Promise<Map<string, string>> {
  const items = await fetchNamed(ask, about, scope);
  return new Map(items.map((item) => [item.key, revisionOf(item)]));
}
