import type { Clock } from "../base/mod.ts";
import type { StoreOwner } from "./binding.ts";
import type { Connection } from "./driver.ts";
import type { StoreError } from "./errors.ts";
import type { FileSystem } from "./file_system.ts";
import type { FileWatch } from "./file_watch.ts";
import type { Heads } from "./heads.ts";
import type { ObjectCounts } from "./object_counts.ts";
import type { OutboxIds } from "./outbox_ids.ts";
import type { OutboxLedger } from "./outbox_ledger.ts";
import type { Positions } from "./positions.ts";
import type { RaisedVersions } from "./raised.ts";
import type { Reserve } from "./reserve.ts";
import type { Revisions } from "./revisions.ts";
import type { RunningTime } from "./running_time.ts";
import type { TombstoneLimits, TombstonePruner } from "./tombstones.ts";

/** Weight of something that the store tells the log. */
export type StoreLogLevel = "info" | "warn" | "error";

/** Permission bits of every file of the store. */
export const FILE_MODE = 0o600;
/** Permission bits of the folder that the store makes. */
export const FOLDER_MODE = 0o700;

/** What the parts of one store share, whatever file is open. */
export interface StoreEnv {
  /** Path of the database file; the other files lie beside it. */
  readonly path: string;
  /** Files. */
  readonly fs: FileSystem;
  /** Time. */
  readonly clock: Clock;
  /** Takes what an operator should know. */
  readonly log: (level: StoreLogLevel, message: string) => void;
  /** Largest file that is checked whole before it is used, in bytes. */
  readonly checkBytesMax: number;
  /** How long a statement waits for another process, in milliseconds. */
  readonly busyTimeoutMs?: number;
  /** Pages beyond which the file counts as full. */
  readonly pagesMax?: number;
  /** Revision after which a new file counts. */
  readonly revisionBase?: number;
  /** Bounds of the tombstones. */
  readonly tombstoneLimits?: TombstoneLimits;
  /** Whose data it holds; not compared unless given. */
  readonly owner?: StoreOwner;
  /** Told of every error of SQLite. */
  readonly onError: (error: StoreError) => void;
  /** Room for a full disk. */
  readonly reserve: Reserve;
}

/** What belongs to one open database file; a repair replaces all of it. */
export interface Session {
  /** The connection. */
  readonly db: Connection;
  /** How long the node has run with it. */
  readonly running: RunningTime;
  /** How many objects of each type there are. */
  readonly objects: ObjectCounts;
  /** Counter of local revisions. */
  readonly revisions: Revisions;
  /** Versions that wait for a commit. */
  readonly raised: RaisedVersions;
  /** What is known of objects without a look into the file. */
  readonly heads: Heads;
  /** Positions of modules. */
  readonly positions: Positions;
  /** Ids of outbox rows. */
  readonly outboxIds: OutboxIds;
  /** What the outbox holds and how its delivery goes. */
  readonly outbox: OutboxLedger;
  /** Keeps tombstones within their bounds. */
  readonly tombstones: TombstonePruner;
  /** Notices deleted or replaced files. */
  readonly watch: FileWatch;
}

/** Names of the files that lie beside a database. */
export function filesOf(path: string): {
  readonly wal: string;
  readonly shm: string;
  readonly lock: string;
  readonly reserve: string;
  readonly snapshot: string;
  readonly snapshotPart: string;
  readonly salvage: string;
} {
  return {
    wal: `${path}-wal`,
    shm: `${path}-shm`,
    lock: `${path}.lock`,
    reserve: `${path}.reserve`,
    snapshot: `${path}.snapshot`,
    snapshotPart: `${path}.snapshot.tmp`,
    salvage: `${path}.salvage`,
  };
}
