import type { Io } from "../io.ts";
import type { Ask } from "../node_or_file.ts";
import { painter } from "../style.ts";
import { untilEnded } from "../until_ended.ts";
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
  using ended = untilEnded(io);
  const { changed, deleted } = options;
  await watchObjects(ask, {
    changed,
    deleted,
    failed: (text) =>
      io.stderr(`${painter(io, "stderr")("yellow", "note:")} ${text}\n`),
  }, { ...options, signal: ended.signal });
}
