import { SIGNALS, watchSignals } from "../signals.ts";
import type { Io } from "../io.ts";
import type { Ask } from "../node_or_file.ts";
import { painter } from "../style.ts";
import {
  type Watcher,
  watchObjects,
  type WatchOptions,
} from "./watch_objects.ts";

/** What is followed, and what to do about it. */
export type FollowOptions =
  & Omit<WatchOptions, "signal">
  & Pick<Watcher, "changed" | "deleted">;

/**
 * Follows the objects of a type until Ctrl-C, or until nobody reads what is
 * printed any more.
 */
export async function followObjects(
  ask: Ask,
  io: Io,
  options: FollowOptions,
): Promise<void> {
  const ending = new AbortController();
  const endIfClosed = () => {
    if (io.stdoutEnded?.aborted) ending.abort();
  };
  const endSignals = watchSignals({
    clock: options.clock,
    onFirst: () => ending.abort(),
    onSecond: (signal) => Deno.exit(SIGNALS[signal]),
  });
  try {
    await watchObjects(ask, {
      changed: (item, event) => {
        options.changed(item, event);
        endIfClosed();
      },
      deleted: (key) => {
        options.deleted(key);
        endIfClosed();
      },
      failed: (text) =>
        io.stderr(`${painter(io, "stderr")("yellow", "note:")} ${text}\n`),
    }, { ...options, signal: ending.signal });
  } finally {
    endSignals();
  }
}
