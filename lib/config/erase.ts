import { dirname } from "node:path";
import { emptyValue } from "./yaml_file.ts";

/** What became of a value that is not to stay in a file. */
export type Erased =
  /** It is gone. */
  | { readonly kind: "erased" }
  /** It is still there, and why. */
  | { readonly kind: "kept"; readonly reason: string };

/** Whoever may write any file and give it to anybody. */
const ROOT = 0;

/**
 * Empties the value of one key in edge.yaml and leaves every other byte as it
 * is. Only a file of our own user is changed, by root any: written beside with
 * the same owner and mode, synced, renamed.
 *
 * @param key Dotted path of the key.
 * @returns Whether the value is gone; a failure is told, never thrown, since
 *   whatever it was used for has been done.
 */
export async function eraseValue(
  file: string,
  key: string,
): Promise<Erased> {
  try {
    const path = Deno.realPathSync(file);
    const stat = Deno.statSync(path);
    const uid = Deno.uid();
    if (uid !== ROOT && stat.uid !== uid) {
      return kept("the file is another user's");
    }
    const before = Deno.readTextFileSync(path);
    const after = await emptyValue(before, key.split("."));
    if (after === undefined) return kept("the value was not found there");
    replaceFile(path, after, stat);
    return { kind: "erased" };
  } catch (error) {
    return kept(error instanceof Error ? error.message : String(error));
  }
}

function replaceFile(path: string, text: string, stat: Deno.FileInfo): void {
  const beside = `${path}.metamanager-new`;
  // What a crash has left; a file of that name is nobody else's.
  removeIfThere(beside);
  const file = Deno.openSync(beside, {
    write: true,
    createNew: true,
    mode: 0o600,
  });
  try {
    try {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) {
        at += file.writeSync(bytes.subarray(at));
      }
      const { uid, gid } = Deno.statSync(beside);
      if (uid !== stat.uid || gid !== stat.gid) {
        Deno.chownSync(beside, stat.uid, stat.gid);
      }
      if (stat.mode !== null) Deno.chmodSync(beside, stat.mode & 0o777);
      file.syncSync();
    } finally {
      file.close();
    }
    Deno.renameSync(beside, path);
  } catch (error) {
    Deno.removeSync(beside);
    throw error;
  }
  using folder = Deno.openSync(dirname(path));
  folder.syncSync();
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function kept(reason: string): Erased {
  return { kind: "kept", reason };
}
