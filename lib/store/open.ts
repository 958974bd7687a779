import type { Clock } from "../base/mod.ts";
import type { StoreOwner } from "./binding.ts";
import { storeError } from "./classify.ts";
import {
  FILE_MODE,
  filesOf,
  type Session,
  type StoreEnv,
  type StoreLogLevel,
} from "./env.ts";
import { Faults } from "./faults.ts";
import { type FileSystem, SystemFileSystem } from "./file_system.ts";
import { StoreError } from "./errors.ts";
import { prepareFolder } from "./folder.ts";
import { StoreLock } from "./lock.ts";
import { checkOwnership } from "./ownership.ts";
import { removeDatabase } from "./repair.ts";
import { Reserve } from "./reserve.ts";
import { openSession } from "./session.ts";
import type { SqliteStore } from "./sqlite_store.ts";
import { OpenStore } from "./store.ts";
import type { TombstoneLimits } from "./tombstones.ts";

/** What a store is made of. */
export interface StoreOptions {
  /** Path of the database file; the folder is made if it is missing. */
  readonly path: string;
  /** Time. */
  readonly clock: Clock;
  /** Whose data it holds; not compared unless given. */
  readonly owner?: StoreOwner;
  /** Files; the machine's unless given. */
  readonly fs?: FileSystem;
  /** Takes what an operator should know; nobody unless given. */
  readonly log?: (level: StoreLogLevel, message: string) => void;
  /** Largest file that is checked whole after an unclean stop; 64 MiB unless given. */
  readonly checkBytesMax?: number;
  /** Size of the file that keeps room for a full disk; 8 MiB unless given, 0 for none. */
  readonly reserveBytes?: number;
  /** How long a statement waits for another process; 500 ms unless given. */
  readonly busyTimeoutMs?: number;
  /** Pages of 4096 bytes beyond which the file counts as full; no bound unless given. */
  readonly pagesMax?: number;
  /**
   * Revision after which a new file counts, 0 unless given. Above all that a
   * lost file of this name can have given, no `since` of its agents is taken
   * for one of this file; the wall clock is, see `repair.ts`.
   */
  readonly revisionBase?: number;
  /** Bounds of the tombstones; those of `LIMITS` unless given. */
  readonly tombstoneLimits?: TombstoneLimits;
}

/** About a second of reading on a slow card. */
const CHECK_BYTES_MAX = 64 * 1024 * 1024;
/** Twice what the WAL grows to between checkpoints. */
const RESERVE_BYTES = 8 * 1024 * 1024;

/**
 * Opens a store, in whatever state its files are; `problems` of the result
 * says what was found.
 *
 * @throws {StoreError} If there is no store to be had: `locked-by-other`,
 *   `newer-schema`, `foreign`, `cannot-open`, `unsafe-mode`, `full`.
 */
export function openStore(options: StoreOptions): SqliteStore {
  const fs = options.fs ?? new SystemFileSystem();
  const files = filesOf(options.path);
  const faults = new Faults();
  const reserve = new Reserve({
    path: files.reserve,
    sizeBytes: options.reserveBytes ?? RESERVE_BYTES,
    fs,
    clock: options.clock,
  });
  const env: StoreEnv = {
    path: options.path,
    fs,
    clock: options.clock,
    log: options.log ?? (() => {}),
    checkBytesMax: options.checkBytesMax ?? CHECK_BYTES_MAX,
    reserve,
    onError: (error) => {
      faults.note(error);
      if (error.kind === "full") reserve.spend();
    },
    ...pick(options, "owner"),
    ...pick(options, "busyTimeoutMs"),
    ...pick(options, "pagesMax"),
    ...pick(options, "revisionBase"),
    ...pick(options, "tombstoneLimits"),
  };
  const notes = prepareFolder(env);
  const isOurs = lookAt(env);
  const lock = new StoreLock(files.lock);
  let session: Session | undefined;
  try {
    if (isOurs) notes.push(...tightenModes(env));
    removeDatabase(env, files.snapshotPart);
    const isNew = lock.before === "none" || lock.before === "creating";
    if (isNew && !fs.stat(options.path)?.sizeBytes) lock.note("creating");
    session = openSession(env, lock.before);
    if (!isOurs) notes.push(...tightenModes(env));
    lock.note("open");
    faults.broken = undefined;
    reserve.fill();
    return new OpenStore({ env, lock, faults, session, notes });
  } catch (error) {
    session?.db.close();
    lock.release(false);
    throw storeError(error, `open the store ${options.path}`);
  }
}

/** Whether the file is known to be ours; throws {StoreError} if it is not. */
function lookAt(env: StoreEnv): boolean {
  try {
    return checkOwnership(env);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      "cannot-open",
      `Cannot look at ${env.path}: ${
        error instanceof Error ? error.message : String(error)
      }`,
      {
        cause: error,
        hint: "Check that the file may be read by the user of the service",
      },
    );
  }
}

function pick<K extends keyof StoreOptions>(
  options: StoreOptions,
  name: K,
): Pick<StoreOptions, K> | Record<string, never> {
  return options[name] === undefined ? {} : { [name]: options[name] } as Pick<
    StoreOptions,
    K
  >;
}

/** Takes away from others what they may do with our files. */
function tightenModes(env: StoreEnv): string[] {
  const { wal, shm, reserve, snapshot } = filesOf(env.path);
  const notes: string[] = [];
  for (const file of [env.path, wal, shm, reserve, snapshot]) {
    const info = env.fs.stat(file);
    if (!info?.isFile || (info.mode & 0o077) === 0) continue;
    const { mode } = info;
    const text = `${file} had mode ${mode.toString(8)}`;
    try {
      env.fs.chmod(file, FILE_MODE);
      env.log("warn", `${text}, now ${FILE_MODE.toString(8)}`);
    } catch (error) {
      if ((mode & 0o022) !== 0) {
        throw new StoreError(
          "unsafe-mode",
          `Cannot trust ${file}, others may write it: ` +
            `mode ${mode.toString(8)}`,
          { cause: error, hint: "Give the file to the user of the service" },
        );
      }
      notes.push(`Others may read ${text.replace("had", "with")}`);
    }
  }
  return notes;
}
