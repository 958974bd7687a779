import { basename, dirname, join } from "node:path";

/**
 * Makes a file anew under another name beside it, and gives it its own name
 * only when it is whole: what was there stays until then.
 *
 * @param make Writes the file of the given path; whether it could.
 * @returns Whether there is a new file.
 */
export async function replaceFile(
  path: string,
  make: (part: string) => Promise<boolean>,
): Promise<boolean> {
  const part = join(dirname(path), `.${basename(path)}.new`);
  try {
    if (!await make(part)) return false;
    Deno.renameSync(part, path);
    return true;
  } finally {
    removeIfThere(part);
  }
}

/** Removes a file, unless there is none. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
