import { storeError } from "./classify.ts";
import { Connection } from "./driver.ts";
import { FILE_MODE, filesOf, type StoreEnv } from "./env.ts";
import { openChecked, removeDatabase } from "./repair.ts";
import { folderOf } from "./reserve.ts";

/**
 * Copies an open store beside itself and puts the copy, once it has been
 * checked and is on the disk, in place of the last snapshot.
 *
 * @param isOpen Whether the store is still open; a copy that comes too late
 *   is left for the next start to remove.
 * @throws {StoreError} If it fails; the last snapshot stays.
 */
export async function takeSnapshot(
  env: StoreEnv,
  db: Connection,
  isOpen: () => boolean,
): Promise<boolean> {
  const { snapshot, snapshotPart: part } = filesOf(env.path);
  try {
    removeDatabase(env, part);
    env.fs.create(part, FILE_MODE);
    await db.backup(part);
    if (!isOpen()) return false;
    const sizeBytes = env.fs.stat(part)?.sizeBytes ?? 0;
    // Damage is copied like anything else: it must not replace a good copy.
    openChecked(
      part,
      sizeBytes <= env.checkBytesMax,
      (path) => new Connection(path, { readonly: true }),
    ).close();
    env.fs.sync(part);
    env.fs.rename(part, snapshot);
    env.fs.sync(folderOf(env.path));
    removeDatabase(env, part);
    return true;
  } catch (error) {
    if (isOpen()) removeDatabase(env, part);
    throw storeError(error, `make the snapshot ${snapshot}`);
  }
}
