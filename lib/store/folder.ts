import { FOLDER_MODE, type StoreEnv } from "./env.ts";
import { StoreError } from "./errors.ts";
import { folderOf } from "./reserve.ts";

/**
 * Makes the folder. One that is there keeps its mode, since it may be shared
 * with others (`/var/lib`); if others may write in it, that is a problem.
 *
 * @returns What an operator should know about it.
 * @throws {StoreError} `cannot-open` if it cannot be made.
 */
export function prepareFolder(
  env: Pick<StoreEnv, "path" | "fs">,
): string[] {
  const folder = folderOf(env.path);
  try {
    env.fs.makeFolder(folder, FOLDER_MODE);
  } catch (error) {
    throw new StoreError(
      "cannot-open",
      `Cannot make the folder ${folder}: ${
        error instanceof Error ? error.message : String(error)
      }`,
      { cause: error, hint: "Make it, writable for the user of the service" },
    );
  }
  const mode = env.fs.stat(folder)?.mode ?? 0;
  const isSticky = (mode & 0o1000) !== 0;
  if ((mode & 0o022) === 0 || isSticky) return [];
  return [`Others may write in ${folder}: mode ${mode.toString(8)}`];
}
