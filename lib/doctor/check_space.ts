import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../config/mod.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { nearestFolder } from "./nearest_folder.ts";
import { sizeText } from "./size_text.ts";

/** What is free on a file system. */
export interface DiskSpace {
  /** Bytes for users without rights of their own. */
  readonly freeBytes: number;
  /** Files that can still be made; `undefined` if there is no bound. */
  readonly freeFiles: number | undefined;
}

/** Below this the store cannot keep its reserve of 8 MiB, and grows no more. */
const FAIL_BYTES = 12 * 1024 * 1024;
/** Below this the next snapshot, WAL and log together may fill the disk. */
const WARN_BYTES = 100 * 1024 * 1024;
/** Database, WAL, reserve, snapshot and lock, each with a successor. */
const FILES_MIN = 16;

/** Asks the machine. @throws If it does not say. */
export function systemDiskSpace(folder: string): DiskSpace {
  const { bavail, bsize, files, ffree } = statfsSync(folder);
  // File systems that make inodes as they need them say 0 of 0.
  return {
    freeBytes: bavail * bsize,
    freeFiles: files > 0 ? ffree : undefined,
  };
}

/**
 * Looks whether the store has room to grow, and to be copied once.
 *
 * @param diskSpace What is free where a folder lies.
 */
export function checkSpace(
  config: Config,
  diskSpace: (folder: string) => DiskSpace,
): Finding[] {
  const check = "free space";
  const folder = dirname(config.store.path);
  const remedy = `Free space on the file system of ${folder}, or move the ` +
    "store (store.path)";
  try {
    const { freeBytes, freeFiles } = diskSpace(nearestFolder(folder));
    const free = `${sizeText(freeBytes)} where the store lies`;
    if (freeFiles !== undefined && freeFiles < FILES_MIN) {
      const text = `No more files can be made: ${freeFiles} inodes are free`;
      return [fail(check, text, remedy)];
    }
    if (freeBytes < FAIL_BYTES) {
      return [fail(check, `${free}: too little to store more`, remedy)];
    }
    const wantedBytes = Math.max(WARN_BYTES, 2 * sizeOf(config.store.path));
    if (freeBytes >= wantedBytes) return [ok(check, free)];
    const text = `${free}, should be ${sizeText(wantedBytes)} or more`;
    return [warn(check, text, remedy)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [warn(check, `Cannot tell what is free: ${reason}`, remedy)];
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    const { NotFound, PermissionDenied } = Deno.errors;
    // A stranger may not know how large it is.
    const isUnknown = error instanceof NotFound ||
      error instanceof PermissionDenied;
    if (isUnknown) return 0;
    throw error;
  }
}
