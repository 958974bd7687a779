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
export {
  type BackupOptions,
  type BackupReport,
  backupStore,
} from "./backup_store.ts";
export type { StoreOwner } from "./binding.ts";
export {
  checkDatabase,
  type CheckReport,
  type Progress,
} from "./check_database.ts";
export {
  type CompactReport,
  type CompactStep,
  compactStore,
} from "./compact_store.ts";
export type { StoreLogLevel } from "./env.ts";
export {
  BatchEntangledError,
  BatchLostError,
  StoreError,
  type StoreErrorKind,
} from "./errors.ts";
export {
  type FileInfo,
  type FileSystem,
  SystemFileSystem,
} from "./file_system.ts";
export { figuresOf, type StoreFigures, type TypeFigures } from "./figures.ts";
export {
  type InspectOptions,
  inspectStore,
  type StoreInspection,
} from "./inspect.ts";
export { openStore, type StoreOptions } from "./open.ts";
export {
  type ReadFileOptions,
  readStoreFile,
  storeFileMark,
} from "./read_file.ts";
export {
  type RestoreOptions,
  type RestoreReport,
  restoreStore,
} from "./restore_store.ts";
export type { BadRow, ScrubStep } from "./scrub.ts";
export { type Connection, sqliteVersion, type SqlValue } from "./driver.ts";
export type { SqliteStore } from "./sqlite_store.ts";
export {
  type KeyRevision,
  type PageQuery,
  type StoredPage,
  StoreView,
  type StoreViewSource,
} from "./store_view.ts";
export type { TombstoneLimits } from "./tombstones.ts";
export type {
  OutboxEntry,
  OutboxInfo,
  OutboxRow,
  OutboxUse,
} from "./outbox_types.ts";
export type { MetaHead, MetaRow, MetaWrite } from "./meta_types.ts";
export type {
  Batch,
  BatchOptions,
  Change,
  Changes,
  FactName,
  Store,
  StoreReader,
  StoreStats,
  StoreTransaction,
  Tombstone,
} from "./types.ts";
