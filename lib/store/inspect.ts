import { type Clock, SystemClock } from "../base/mod.ts";
import { storeError } from "./classify.ts";
import { Connection } from "./driver.ts";
import { filesOf } from "./env.ts";
import type { StoreError } from "./errors.ts";
import { type FileSystem, SystemFileSystem } from "./file_system.ts";
import { checkOwnership } from "./ownership.ts";
import { openChecked } from "./repair.ts";
import { checkOurs } from "./schema.ts";
import { SecondName } from "./second_name.ts";

/** How a store is found from outside. */
export interface StoreInspection {
  /** Whether there is a file with something in it. */
  readonly exists: boolean;
  /** How the last process left it; `in-use`: one has it open. */
  readonly left: "never-used" | "clean" | "unclean" | "in-use";
  /** Process that has it open, as far as it is known. */
  readonly pid?: number;
  /** Length of database and WAL in bytes. */
  readonly bytes: number;
  /** Whether all its pages were read. */
  readonly isChecked: boolean;
  /** Objects by type; missing if it cannot be read. */
  readonly objects?: Readonly<Record<string, number>>;
  /** Messages that the cloud has not confirmed; missing as above. */
  readonly outbox?: number;
  /** What is wrong with it. */
  readonly error?: StoreError;
}

/** How closely a store is looked at. */
export interface InspectOptions {
  /** Largest file that is read whole, in bytes. @default 64 MiB */
  readonly checkBytesMax?: number;
  /** Files. @default the machine's */
  readonly fs?: FileSystem;
  /** Says what is old. @default the machine's */
  readonly clock?: Clock;
}

/** About a second of reading on a slow card. */
const CHECK_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Looks at a store without opening it for writing: its owner, its schema,
 * its pages, how it was left. A node may run on it meanwhile.
 *
 * @throws What the file system throws if it cannot be looked at.
 */
export function inspectStore(
  path: string,
  options: InspectOptions = {},
): StoreInspection {
  const {
    fs = new SystemFileSystem(),
    checkBytesMax = CHECK_BYTES_MAX,
    clock = new SystemClock(),
  } = options;
  const { wal } = filesOf(path);
  const sizeBytes = fs.stat(path)?.sizeBytes ?? 0;
  const bytes = sizeBytes + (fs.stat(wal)?.sizeBytes ?? 0);
  const found = { ...holderOf(path, fs), bytes, exists: sizeBytes > 0 };
  // Reading pages beside a writer is safe; all of them is work it would feel.
  const isChecked = sizeBytes > 0 && bytes <= checkBytesMax &&
    found.left !== "in-use";
  try {
    checkOwnership({ path, fs });
    if (sizeBytes === 0) return { ...found, isChecked: false };
    // Without a WAL SQLite would make one, and it might belong to the wrong
    // user afterwards.
    using second = fs.stat(wal) === undefined
      ? SecondName.of(path, clock.now())
      : undefined;
    const file = second?.path ?? path;
    const db = openChecked(path, isChecked, () => openReadonly(file, path));
    try {
      return { ...found, isChecked, ...countsOf(db) };
    } finally {
      db.close();
    }
  } catch (error) {
    return {
      ...found,
      isChecked: false,
      error: storeError(error, `read ${path}`),
    };
  }
}

/** @throws {StoreError} Nothing stays open. */
function openReadonly(path: string, name: string): Connection {
  const db = new Connection(path, { readonly: true, name });
  try {
    checkOurs(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function countsOf(db: Connection): Pick<StoreInspection, "objects" | "outbox"> {
  const objects: Record<string, number> = {};
  const types = db.all<{ type: string; n: number }>(
    "SELECT type, count(*) AS n FROM meta GROUP BY type",
  );
  for (const { type, n } of types) objects[type] = n;
  const outbox = db.get<{ n: number }>("SELECT count(*) AS n FROM outbox");
  return { objects, outbox: outbox?.n ?? 0 };
}

/** Longest text that is read from a lock file, in bytes. */
const LOCK_BYTES_MAX = 256;

function holderOf(
  path: string,
  fs: FileSystem,
): Pick<StoreInspection, "left" | "pid"> {
  const { lock } = filesOf(path);
  if (!fs.stat(lock)) return { left: "never-used" };
  const text = new TextDecoder().decode(fs.head(lock, LOCK_BYTES_MAX));
  if (text === "") return { left: "never-used" };
  if (text.startsWith("clean")) return { left: "clean" };
  // Only the lock tells a node that runs from one that was killed; it is
  // shared and held for no longer than the question takes.
  using file = Deno.openSync(lock);
  if (file.tryLockSync(false)) return { left: "unclean" };
  const pid = Number(/pid (\d+)/.exec(text)?.[1]);
  return { left: "in-use", ...(pid > 0 ? { pid } : {}) };
}
