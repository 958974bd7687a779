/**
 * What is done to the files of a key pair. A port, so that tests can end it
 * after each step. Errors are those of the machine, `Deno.errors`.
 */
export interface KeyFileSystem {
  /** The text of a file; `undefined` if there is none. */
  read(path: string): string | undefined;
  /** Makes a folder, and those above it, for us alone (0700); one that is there keeps its mode. */
  makeFolder(path: string): void;
  /**
   * Writes a new file for us alone (0600) and waits until it is on the disk.
   *
   * @throws {Deno.errors.AlreadyExists} If there is one.
   */
  create(path: string, text: string): void;
  /** Renames a file over whatever has the new name. */
  rename(from: string, to: string): void;
  /** Removes a file; `false` if there was none. */
  remove(path: string): boolean;
  /** Waits until the names in a folder are on the disk. */
  syncFolder(path: string): void;
  /**
   * Keeps other processes from changing what lies in a folder until disposed
   * of; `undefined` if there is no such folder.
   *
   * @throws {Deno.errors.WouldBlock} If another one does not let go of it.
   */
  lock(path: string): Disposable | undefined;
}

/** Longest wait for a lock in milliseconds; a change takes a few syncs. */
const LOCK_MS_MAX = 500;
/** Time between two tries for it, in milliseconds. */
const LOCK_TRY_MS = 10;

/** The machine's file system. */
export class SystemKeyFileSystem implements KeyFileSystem {
  /** The text of a file; `undefined` if there is none. */
  read(path: string): string | undefined {
    try {
      return Deno.readTextFileSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Makes a folder and those above it with mode 0700. */
  makeFolder(path: string): void {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  /** Writes a new file with mode 0600, synced; a failure leaves none behind. */
  create(path: string, text: string): void {
    const file = Deno.openSync(path, {
      write: true,
      createNew: true,
      mode: 0o600,
    });
    try {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) {
        at += file.writeSync(bytes.subarray(at));
      }
      file.syncSync();
    } catch (error) {
      Deno.removeSync(path);
      throw error;
    } finally {
      file.close();
    }
  }

  /** Renames a file over whatever has the new name. */
  rename(from: string, to: string): void {
    Deno.renameSync(from, to);
  }

  /** Removes a file; `false` if there was none. */
  remove(path: string): boolean {
    try {
      Deno.removeSync(path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Waits until the names in a folder are on the disk. */
  syncFolder(path: string): void {
    using folder = Deno.openSync(path);
    folder.syncSync();
  }

  /**
   * Locks the folder itself: nothing is left behind, whoever is killed. Whoever
   * may read the folder can hold that lock for ever, and the node must not
   * stand still for it.
   */
  lock(path: string): Disposable | undefined {
    const folder = openFolder(path);
    if (!folder) return undefined;
    for (let waitedMs = 0; !folder.tryLockSync(true); waitedMs += LOCK_TRY_MS) {
      if (waitedMs >= LOCK_MS_MAX) {
        folder.close();
        throw new Deno.errors.WouldBlock(
          `Another process has locked the folder: ${path}`,
        );
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_TRY_MS);
    }
    return folder;
  }
}

function openFolder(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
