import type { MetaHead, MetaRow, MetaWrite } from "./meta_types.ts";
import type {
  OutboxEntry,
  OutboxInfo,
  OutboxRow,
  OutboxUse,
} from "./outbox_types.ts";

/** What is left of a deleted object. */
export interface Tombstone {
  /** Key that the object had. */
  readonly key: string;
  /** Its resource type. */
  readonly type: string;
  /** Its uid; may be empty. */
  readonly uid: string;
  /** Highest version known of it; may be empty. */
  readonly version: string;
  /** `route.source` of the row that was deleted. */
  readonly source: string;
  /** Revision of the delete. */
  readonly revision: number;
  /** Running time of the node at the delete, in milliseconds: see `runningMs`. */
  readonly deletedAtMs: number;
}

/** A change above some revision, for an agent that catches up. */
export type Change =
  | { readonly kind: "row"; readonly revision: number; readonly key: string }
  | {
    readonly kind: "tombstone";
    readonly revision: number;
    readonly tombstone: Tombstone;
  };

/** What an agent has to be told to catch up. */
export interface Changes {
  /**
   * Changes above the revision, rising by revision. When `complete` is false
   * these are all rows and the tombstones that are left: what is not among
   * the rows is gone. There may be a million: what is gone through later is
   * read then, and left out if it has changed again.
   */
  readonly changes: Iterable<Change> & { readonly length: number };
  /**
   * False if deletes may be missing: if tombstones above the revision were
   * pruned, after a repair, and for a revision never given.
   */
  readonly complete: boolean;
  /** Revision up to which `changes` speaks. */
  readonly until: number;
}

/**
 * Facts that operations know of: what a repair could not save, until the
 * store is in sync again; the uid that the Node had then; and the uid of a
 * Node that is older than the store.
 */
export type FactName = "problem" | "node_at_loss" | "node_before_store";

/** Committed state, and within a transaction also what it has changed so far. */
export interface StoreReader {
  /** The object under a key. */
  get(key: string): MetaRow | undefined;
  /** What it is; its value only if that had to be read, too. */
  head(key: string): MetaHead | undefined;
  /** Objects of a type in the order of their keys, of one namespace or of all. */
  list(type: string, namespace?: string): MetaRow[];
  /** Objects of a type after a key, in the order of their keys, `limit` at most. */
  page(type: string, afterKey: string, limit: number): MetaRow[];
  /** What is noted of the store as a whole; empty if nothing is. */
  fact(name: FactName): string;
  /**
   * The newest tombstone of a key, and if a uid is given of that object: the
   * tombstones of others of the same name do not count.
   *
   * @param uid Empty or left out: whatever object it was.
   */
  tombstone(key: string, uid?: string): Tombstone | undefined;
  /** Whether the store has ever been in sync with the cloud for this type. */
  isSynced(type: string): boolean;
  /** Revision of the last change. */
  revision(): number;
  /**
   * How long the node has run with this store, all its lives added up, in
   * milliseconds; no step of the wall clock changes it.
   */
  runningMs(): number;
  /** Changes above a revision; 0 means everything. */
  changesSince(revision: number): Changes;
  /** Revision up to which a module was handed everything; 0 if never noted. */
  position(module: string): number;
  /** Unconfirmed messages with an id above `afterId`, oldest first. */
  outbox(afterId: number, limit: number): OutboxRow[];
  /** The same without their texts, all of them. */
  outboxInfo(afterId: number): OutboxInfo[];
  /** One unconfirmed message. */
  outboxRow(id: number): OutboxRow | undefined;
  /** The newest unconfirmed message about a resource. */
  outboxLast(resource: string): OutboxRow | undefined;
  /** Number of unconfirmed messages. */
  outboxLength(): number;
  /** When the oldest unconfirmed message was stored, wall clock; 0 if none is. */
  outboxOldestMs(): number;
  /** Number of messages that are sent no more. */
  outboxParked(): number;
  /** What unconfirmed messages take, by type; counted in memory. */
  outboxByType(): Readonly<Record<string, OutboxUse>>;
  /** What unconfirmed messages take, of a type or of all. */
  outboxUse(type?: string): OutboxUse;
  /**
   * Mark of the loss after which the cloud is owed the statuses of all stored
   * pods, so that it deletes those it has no more; 0 if it is owed nothing.
   */
  reportOwed(): number;
}

/**
 * What an operation may do to the store. All of it belongs to one message:
 * if the operation throws, all of it is undone and nothing else is.
 */
export interface StoreTransaction extends StoreReader {
  /** Inserts or replaces an object. @returns Its new revision. */
  put(row: MetaWrite): number;
  /**
   * Raises the version of a stored object whose content is otherwise the
   * same. It is written with the next commit that writes anything else, and
   * takes no revision; reads of this store see it at once.
   */
  raise(key: string, version: string, value: string): void;
  /**
   * Removes an object and leaves a tombstone with its uid and the higher of
   * its version and `version`.
   *
   * @returns The revision of the delete; `undefined` if there was no row.
   */
  remove(key: string, version?: string): number | undefined;
  /** Removes an object that no agent was told of: no tombstone, no revision. */
  drop(key: string): boolean;
  /** Adds a message to the outbox. */
  enqueue(entry: OutboxEntry): void;
  /** Removes a confirmed message; `false` if it was not there. */
  confirm(msgId: string): boolean;
  /** Removes one message from the outbox; `false` if it was not there. */
  dropOutboxRow(id: number): boolean;
  /** Removes every message about a resource from the outbox. @returns How many went. */
  dropOutbox(resource: string): number;
  /** Sends a parked message again; `false` if it was not there. */
  unpark(id: number): boolean;
  /** Notes that a type, or with `*` every type, is in sync with the cloud. */
  markSynced(type: string): void;
  /** Notes something of the store as a whole; empty forgets it. */
  noteFact(name: FactName, value: string): void;
  /**
   * Writes a little that means nothing: its COMMIT shows whether the store
   * takes anything.
   *
   * @throws {StoreError} `full` while the store may not grow.
   */
  probe(): void;
  /**
   * Notes that the cloud is owed a report of all pods.
   *
   * @returns Its mark, for `settleReport`.
   */
  oweReport(): number;
  /**
   * Notes that the report owed since a loss was sent. One that is owed since
   * another loss stays owed.
   *
   * @param mark What `reportOwed` said when the report was made.
   */
  settleReport(mark: number): void;
  /**
   * Removes the oldest outbox rows of a type beyond a bound, but never the
   * newest.
   *
   * @returns How many went.
   */
  trimOutbox(type: string, keep: OutboxUse): number;
}

/** What a batch is like. */
export interface BatchOptions {
  /** Most likely something is written. @default false */
  readonly expectsWrites?: boolean;
  /** Many messages read: they share one lock of the file. @default false */
  readonly expectsReads?: boolean;
  /** Each message can be undone alone. @default true */
  readonly isolates?: boolean;
}

/**
 * One SQLite transaction. It begins with the first write, so a batch that
 * changes nothing costs nothing.
 */
export interface Batch {
  /** The view for operations. */
  readonly tx: StoreTransaction;
  /**
   * Runs one message. If `run` throws, what it wrote is undone and the error
   * is thrown on.
   *
   * @throws {BatchEntangledError} If that cannot be undone alone: call
   *   `rollback` and run all of it again in a batch that isolates.
   * @throws {BatchLostError} If SQLite has ended the whole transaction (full
   *   disk): nothing of the batch is stored, call `rollback`.
   */
  message<T>(run: () => T): T;
  /**
   * Makes everything durable, then checks that the files are still there.
   * The batch has ended when it returns, and also when it throws.
   *
   * @throws {StoreError} If not: nothing of the batch may be acknowledged.
   */
  commit(): void;
  /** Undoes everything; may be called at any time, also after a failed commit. */
  rollback(): void;
}

/** Counters and sizes for health and metrics. */
export interface StoreStats {
  /** Objects by type; where counting takes long, as of a moment ago. */
  readonly objects: Readonly<Record<string, number>>;
  /** Bytes of the database file and its WAL. */
  readonly bytes: number;
  /** Unconfirmed messages. */
  readonly outbox: number;
  /** Their bytes. */
  readonly outboxBytes: number;
  /** Unconfirmed messages by type. */
  readonly outboxByType: Readonly<Record<string, OutboxUse>>;
  /** Those that are sent no more. */
  readonly outboxParked: number;
  /** Age of the oldest unconfirmed message in milliseconds; 0 if none. */
  readonly outboxAgeMs: number;
  /** Tombstones kept. */
  readonly tombstones: number;
  /** Last revision. */
  readonly revision: number;
}

/** The store as the processor sees it: one writer, one batch at a time. */
export interface Store extends StoreReader {
  /**
   * Opens the next batch, to be ended in this turn of the event loop. A store
   * that was found damaged, or whose files are gone, is rebuilt first. One that
   * expects writes may begin its transaction at once: what is read before the
   * first write then needs no lock of its own. One that does not isolate puts
   * no savepoint before each message, which few ever need.
   *
   * @throws {AssertionError} If one is open.
   * @throws {StoreError} If it cannot be rebuilt now: try again later.
   */
  batch(options?: BatchOptions): Batch;
  /**
   * Notes a module's position; saved with a later commit that writes, at most
   * once a second, and by `close`.
   */
  notePosition(module: string, revision: number): void;
  /**
   * Notes that a connection left a message of the outbox unanswered; after
   * too many of them it is parked. Saved with a later commit that writes, and
   * by `close`.
   *
   * @returns Whether it is parked now.
   */
  noteUnanswered(id: number): boolean;
  /** Figures for health and metrics. */
  stats(): StoreStats;
  /** Looks whether a problem with the disk is over; for each second or so. */
  tend(): void;
  /** Why the store is not what it should be: salvaged, unsynced; empty if fine. */
  readonly problems: readonly string[];
  /**
   * Counts rebuilds since the store was opened: after one, the cloud and the
   * agents may know of things that this store does not, and the reverse.
   */
  readonly generation: number;
  /**
   * Copies the store in slices, batches go on between them, and puts the copy in
   * place of the last snapshot. `false` if nothing changed or it was ended.
   *
   * @throws {StoreError} If it fails; the last snapshot stays.
   */
  snapshot(): Promise<boolean>;
  /** Ends a snapshot that is being taken; the last one stays. */
  stopSnapshot(): void;
  /** Saves positions, checkpoints the WAL, releases the lock. Idempotent. */
  close(): void;
}
