import { folderOf } from "./reserve.ts";

/** Age after which what a killed process left is removed: one hour. */
const LEFT_AFTER_MS = 3600 * 1000;

/**
 * Removes what killed processes left under names of their own: a second name,
 * and so the blocks of a file, or half a backup.
 *
 * @param start How the paths begin.
 * @param nowMs Wall clock, in milliseconds.
 */
export function removeLeft(start: string, nowMs: number): void {
  const folder = folderOf(start);
  const name = start.slice(start.lastIndexOf("/") + 1);
  for (const entry of Deno.readDirSync(folder)) {
    if (!entry.name.startsWith(name)) continue;
    const path = `${folder}/${entry.name}`;
    const madeMs = Deno.statSync(path).mtime?.getTime() ?? 0;
    if (nowMs - madeMs > LEFT_AFTER_MS) removeAll(path);
  }
}

/** Removes a file or a folder with all that is in it, if it is there. */
export function removeAll(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    // Of two processes one was faster, or it could not be made.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
