/**
 * The SQLite store: objects, tombstones, the outbox, modules' positions, and
 * what it takes to keep them whole on a gateway: one lock, one writer,
 * batches that are durable or undone, snapshots, repair.
 *
 * It knows nothing of messages, policy, configuration or logs. Open
 * `types.ts` first, then `store.ts`.
 *
 * @module
 */
export type { StoreOwner } from "./binding.ts";
export type { StoreLogLevel } from "./env.ts";
export { BatchLostError, StoreError, type StoreErrorKind } from "./errors.ts";
export {
  type FileInfo,
  type FileSystem,
  SystemFileSystem,
} from "./file_system.ts";
export {
  type InspectOptions,
  inspectStore,
  type StoreInspection,
} from "./inspect.ts";
export { openStore, type StoreOptions } from "./open.ts";
export type { BadRow, ScrubStep } from "./scrub.ts";
export { sqliteVersion } from "./driver.ts";
export type { SqliteStore } from "./sqlite_store.ts";
export type { TombstoneLimits } from "./tombstones.ts";
export type {
  OutboxEntry,
  OutboxInfo,
  OutboxRow,
  OutboxUse,
} from "./outbox_types.ts";
export type {
  Batch,
  Change,
  Changes,
  FactName,
  MetaRow,
  MetaWrite,
  Store,
  StoreReader,
  StoreStats,
  StoreTransaction,
  Tombstone,
} from "./types.ts";
