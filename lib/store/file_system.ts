import { statfsSync } from "node:fs";

/** What the store wants to know of a file. */
export interface FileInfo {
  /** Device; with `ino` the identity of a file. */
  readonly dev: number;
  /** Inode. */
  readonly ino: number;
  /** Whether it is a regular file: no folder, no device. */
  readonly isFile: boolean;
  /** Length in bytes. */
  readonly sizeBytes: number;
  /** Permission bits, for example 0o600. */
  readonly mode: number;
  /** Last change, milliseconds since 1970; 0 if the system does not say. */
  readonly modifiedAtMs: number;
  /** Last change of content, names, mode or owner; the same, to the second. */
  readonly changedAtMs: number;
}

/**
 * What the store does to files by itself, apart from SQLite. A port, so that
 * tests can let each step fail.
 */
export interface FileSystem {
  /** Describes a file or folder; `undefined` if there is none. */
  stat(path: string): FileInfo | undefined;
  /** Where a symbolic link leads in the end; `undefined` for what is none. */
  linkTarget(path: string): string | undefined;
  /** Makes a folder and those above it; modes as given whatever the umask. */
  makeFolder(path: string, mode: number): void;
  /** Makes an empty file, or leaves the one that is there. */
  create(path: string, mode: number): void;
  /** Sets the permission bits. */
  chmod(path: string, mode: number): void;
  /** Removes a file; `false` if there was none. */
  remove(path: string): boolean;
  /** The first bytes of a file, at most so many. */
  head(path: string, bytesMax: number): Uint8Array;
  /** Names in a folder. */
  list(folder: string): string[];
  /** Renames a file over whatever has the new name. */
  rename(from: string, to: string): void;
  /** Copies a file's bytes into a new file with the given mode. */
  copy(from: string, to: string, mode: number): void;
  /** Waits until a file, or the names in a folder, are on the disk. */
  sync(path: string): void;
  /** The same for a large file, while the event loop goes on. */
  flush(path: string): Promise<void>;
  /** Writes a file of this length that really occupies its blocks, and syncs. */
  occupy(path: string, sizeBytes: number): void;
  /** Free bytes for us where `path` lies; `undefined` if we may not know. */
  freeBytes(path: string): number | undefined;
}

/** Block written by `occupy`: random, so that no file system compresses it. */
const BLOCK_BYTES = 64 * 1024;

/** The machine's file system. */
export class SystemFileSystem implements FileSystem {
  /** Describes a file or folder; `undefined` if there is none. */
  stat(path: string): FileInfo | undefined {
    try {
      const info = Deno.statSync(path);
      return {
        dev: info.dev,
        ino: info.ino ?? 0,
        isFile: info.isFile,
        sizeBytes: info.size,
        mode: (info.mode ?? 0) & 0o7777,
        modifiedAtMs: info.mtime?.getTime() ?? 0,
        changedAtMs: info.ctime?.getTime() ?? 0,
      };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Where a symbolic link leads; its own text if that is not there. */
  linkTarget(path: string): string | undefined {
    try {
      if (!Deno.lstatSync(path).isSymlink) return undefined;
      return this.stat(path)
        ? Deno.realPathSync(path)
        : Deno.readLinkSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Makes a folder; one that is there keeps its mode. */
  makeFolder(path: string, mode: number): void {
    if (this.stat(path)) return;
    Deno.mkdirSync(path, { recursive: true, mode });
    Deno.chmodSync(path, mode);
  }

  /** Makes an empty file, or leaves the one that is there. */
  create(path: string, mode: number): void {
    if (this.stat(path)) return;
    Deno.openSync(path, { write: true, create: true, mode }).close();
    Deno.chmodSync(path, mode);
  }

  /** Sets the permission bits. */
  chmod(path: string, mode: number): void {
    Deno.chmodSync(path, mode);
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

  /** The first bytes of a file; fewer if it is shorter. */
  head(path: string, bytesMax: number): Uint8Array {
    using file = Deno.openSync(path);
    const bytes = new Uint8Array(bytesMax);
    return bytes.subarray(0, file.readSync(bytes) ?? 0);
  }

  /** Names in a folder, in no order. */
  list(folder: string): string[] {
    return Array.from(Deno.readDirSync(folder), (entry) => entry.name);
  }

  /** Renames a file over whatever has the new name. */
  rename(from: string, to: string): void {
    Deno.renameSync(from, to);
  }

  /** Copies a file's bytes; the copy is on the disk when it returns. */
  copy(from: string, to: string, mode: number): void {
    this.remove(to);
    this.create(to, mode);
    Deno.copyFileSync(from, to);
    Deno.chmodSync(to, mode);
    this.sync(to);
  }

  /** Waits until a file, or the names in a folder, are on the disk. */
  sync(path: string): void {
    using file = Deno.openSync(path);
    file.syncSync();
  }

  /** Waits until a file is on the disk, while the event loop goes on. */
  async flush(path: string): Promise<void> {
    using file = await Deno.open(path);
    await file.sync();
  }

  /** Writes a file that occupies its blocks; a failure leaves none behind. */
  occupy(path: string, sizeBytes: number): void {
    const block = crypto.getRandomValues(new Uint8Array(BLOCK_BYTES));
    try {
      using file = Deno.openSync(path, {
        write: true,
        create: true,
        truncate: true,
        mode: 0o600,
      });
      for (let at = 0; at < sizeBytes;) {
        at += file.writeSync(block.subarray(0, sizeBytes - at));
      }
      file.syncSync();
    } catch (error) {
      this.remove(path);
      throw error;
    }
    Deno.chmodSync(path, 0o600);
  }

  /** Free bytes for us where `path` lies; needs the `statfs` permission. */
  freeBytes(path: string): number | undefined {
    try {
      const info = statfsSync(path);
      return info.bavail * info.bsize;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) return undefined;
      throw error;
    }
  }
}
