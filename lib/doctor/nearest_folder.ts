import { dirname } from "node:path";

/**
 * A folder, or the first one above it that is there.
 *
 * @throws {TypeError} If that is no folder.
 * @throws What the file system throws if it cannot be looked at.
 */
export function nearestFolder(folder: string): string {
  for (let at = folder;; at = dirname(at)) {
    try {
      if (Deno.statSync(at).isDirectory) return at;
      throw new TypeError(`Expected a folder, got another file: ${at}`);
    } catch (error) {
      const isMissing = error instanceof Deno.errors.NotFound;
      if (!isMissing || at === dirname(at)) throw error;
    }
  }
}
